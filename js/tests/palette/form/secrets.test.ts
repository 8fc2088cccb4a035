import { expect, it } from "vitest";
import names from "../../../../tests/fixtures/secret_names.json";
import { looksSecret, shownLine } from "../../../src/palette/form/secrets.ts";

it("detects the same names of secrets as the kernel", () => {
  expect(names.secret.filter((name) => !looksSecret(name))).toEqual([]);
  expect(names.plain.filter(looksSecret)).toEqual([]);
});

it("masks a value that contains one", () => {
  const args = { login: { who: "Anna", keys: [{ api_token: "x" }] }, n: 1 };
  expect(shownLine("user/x", args, null)).toBe('client.run_command("user/x", login="•••", n=1)');
});
