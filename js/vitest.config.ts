import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    environment: "happy-dom",
    include: ["tests/**/*.test.ts"],
    restoreMocks: true,
    // A test that mounts a hundred widgets takes its time on a busy machine.
    testTimeout: 60_000,
  },
});
