/** `y` copies the value of the chosen row as Python, whole even where the page has a part of it. */

import type { PageValue } from "../../protocol/common.ts";
import { reasonOf } from "../../text/format.ts";
import { copyText } from "../../ui/clipboard.ts";
import { isCut } from "../../values/page_value.ts";
import { toPythonText } from "../../values/value_text.ts";
import type { Bench, Place } from "../context.ts";
import type { InspectorModel } from "../state/model.ts";
import { valueAt } from "../tree/rows.ts";

export function addCopyShortcut(bench: Bench, model: InspectorModel): void {
  const wholeOf = async ({ key, path }: Place): Promise<PageValue | undefined> => {
    const shown = model.valueAt(key, path);
    if (shown === undefined || !isCut(shown)) return shown;
    if (bench.shown.get().at !== null) {
      throw new Error("Of the past, history has the whole value");
    }
    const answer = await bench.host.request("value", { key });
    return valueAt(key, answer.value, path, () => undefined);
  };
  const copy = async (place: Place) => {
    try {
      const value = await wholeOf(place);
      if (value === undefined || isCut(value)) {
        bench.announce("Too large to copy");
        return;
      }
      const copied = await copyText(toPythonText(value), bench.element);
      bench.announce(copied ? "Copied as Python" : "Copying is not allowed here");
    } catch (error) {
      bench.announce(reasonOf(error));
    }
  };
  bench.keys.add({
    key: "y",
    does: "copy the chosen value as Python",
    run: () => {
      const place = bench.selected.get()?.place ?? null;
      if (place === null) return false;
      void copy(place);
      return true;
    },
  });
}
