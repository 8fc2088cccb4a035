import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    // Tests of what is drawn ask for a DOM in their first line: it takes half a second a file.
    environment: "node",
    include: ["tests/**/*.test.ts"],
    pool: "threads",
    restoreMocks: true,
    // A test that mounts many widgets takes its time on a busy machine.
    testTimeout: 60_000,
  },
});
