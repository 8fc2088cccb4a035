import { describe, expect, it } from "vitest";
import { parseQuery, type Term } from "../../../src/inspector/search/query.ts";

/** A term in short: what a reader of the table can check by eye. */
function inShort(term: Term): string {
  const sign = term.not ? "not " : "";
  switch (term.kind) {
    case "word":
    case "phrase":
      return `${sign}${term.kind} ${term.text}`;
    case "glob":
    case "regex":
      return `${sign}${term.kind} ${term.pattern}`;
    case "type":
      return `${sign}type ${term.type}`;
    case "changed":
      return `${sign}changed ${term.within ? "within" : "before"} ${term.seconds}`;
    case "rate":
      return `${sign}rate ${term.comparison} ${term.number}`;
    case "field": {
      const { compare } = term;
      const wanted =
        compare === null
          ? `${term.exactly ? "is" : "has"} ${term.text}`
          : `${compare.comparison} ${compare.number}`;
      return `${sign}${term.field.join(" in ")} ${wanted}`;
    }
  }
}
const short = (query: string) => parseQuery(query).map(inShort);

describe("a query", () => {
  it.each([
    ["", []],
    ["  two  Words ", ["word two", "word words"]],
    ['"as it Stands" x', ["phrase as it stands", "word x"]],
    ['"not closed', ["phrase not closed"]],
    ["avatar.*", ["glob avatar.*"]],
    ["-avatar.*", ["not glob avatar.*"]],
    ["-5 -.5 - -x", ["word -5", "word -.5", "word -", "not word x"]],
    ["/a b\\/c/ d", ["regex a b\\/c", "word d"]],
    ["/Upper/i", ["regex Upper"]],
    ["notes/page", ["word notes/page"]],
    ["/open", ["word /open"]],
    ["//", ["word //"]],
    ["-/x/", ["not regex x"]],
    ["name:an", ["name has an"]],
    ["name:", ["name has "]],
    ['name:"An na"', ["name has an na"]],
    ["name:=an", ["name is an"]],
    ["a.b:<5", ["a in b < 5"]],
    ["a:>=-1e3", ["a >= -1000"]],
    ["a:<b", ["a has <b"]],
    [":x", ["word :x"]],
    ["type:num", ["type number"]],
    ["type:dict", ["type object"]],
    ["type:what", ["type has what"]],
    ["changed:<5s", ["changed within 5"]],
    ["changed:>200ms", ["changed before 0.2"]],
    ["changed:2min", ["changed within 120"]],
    ["changed:1.5h", ["changed within 5400"]],
    ["changed:soon", ["changed has soon"]],
    ["rate:>30", ["rate > 30"]],
    ["type: a", ["word a"]],
    ["-type: changed:< changed:> rate: rate:>=", []],
    ["a:< a:>=-. a:=", ["a has ", "a has ", "a has "]],
    ['a:="" a:-', ["a is ", "a has -"]],
  ])("%j is %j", (query, terms) => expect(short(query)).toEqual(terms));

  it("holds hostile text", () => {
    expect(parseQuery("__proto__:x constructor:y")).toHaveLength(2);
    expect(parseQuery('"'.repeat(10_001)).length).toBeLessThanOrEqual(5001);
  });
});
