// @vitest-environment happy-dom
import { expect, it } from "vitest";
import { createMenuButton } from "../../src/ui/menu.ts";
import { click, find, findAll, press, useFakePage } from "../support.ts";

useFakePage();

function makeMenu() {
  const done: string[] = [];
  const menu = createMenuButton(
    {
      name: "Sort",
      items: () => [
        { label: "a", checked: false, run: () => done.push("a") },
        { label: "b", checked: true, run: () => done.push("b") },
        { label: "c", checked: false, run: () => done.push("c") },
      ],
    },
    new AbortController().signal,
  );
  document.body.append(menu.element);
  return { menu, done, list: find(menu.element, "[role=menu]") };
}
const focused = () => document.activeElement?.textContent;

it("opens at the checked item, navigates, and runs the selected item", () => {
  const { menu, done, list } = makeMenu();
  menu.button.focus();
  press(menu.button, "ArrowDown");
  expect([list.hidden, focused()]).toEqual([false, "b"]);
  expect(menu.button.getAttribute("aria-expanded")).toBe("true");
  press(document.activeElement as HTMLElement, "ArrowDown");
  press(document.activeElement as HTMLElement, "ArrowDown");
  expect(focused()).toBe("a");
  press(document.activeElement as HTMLElement, "End");
  click(document.activeElement as HTMLElement);
  expect([list.hidden, done, document.activeElement]).toEqual([true, ["c"], menu.button]);
  menu.element.remove();
});

it("closes on Escape or when the focus leaves, and stops key events", () => {
  const { menu, done, list } = makeMenu();
  const heard: string[] = [];
  document.body.addEventListener("keydown", ({ key }) => heard.push(key));
  click(menu.button);
  press(document.activeElement as HTMLElement, "p");
  press(document.activeElement as HTMLElement, "Escape");
  expect([list.hidden, heard, done]).toEqual([true, [], []]);
  expect(document.activeElement).toBe(menu.button);
  click(menu.button);
  const other = document.body.appendChild(document.createElement("button"));
  other.focus();
  expect(list.hidden).toBe(true);
  other.remove();
  menu.element.remove();
});

it("shows a text if it is empty", () => {
  const menu = createMenuButton(
    { name: "Last queries", none: "Nothing yet.", items: () => [] },
    new AbortController().signal,
  );
  document.body.append(menu.element);
  click(menu.button);
  expect(findAll(menu.element, "[role^=menuitem]")).toEqual([]);
  expect(find(menu.element, "[role=menu]").textContent).toBe("Nothing yet.");
  menu.element.remove();
});
