/** The shortcut `y`, which copies the full value of the selected row as Python. */

import type { PageValue } from "../../protocol/common.ts";
import { reasonOf } from "../../text/format.ts";
import { copyText } from "../../ui/clipboard.ts";
import { isCut } from "../../values/page_value.ts";
import { toPythonText } from "../../values/value_text.ts";
import type { InspectorContext } from "../context.ts";
import type { InspectorModel } from "../state/model.ts";
import type { Place } from "../state/place.ts";
import { DETAIL, SHORTCUTS } from "../strings.ts";
import { valueAt } from "../tree/rows.ts";

export function addCopyShortcut(context: InspectorContext, model: InspectorModel): void {
  const fullValueOf = async ({ key, path }: Place): Promise<PageValue | undefined> => {
    const shown = model.valueAt(key, path);
    if (shown === undefined || !isCut(shown)) return shown;
    if (context.shown.get().at !== null) throw new Error(DETAIL.earlierTruncated);
    const reply = await context.host.request("value", { key });
    return valueAt(key, reply.value, path, () => undefined);
  };
  const copy = async (place: Place) => {
    try {
      const value = await fullValueOf(place);
      if (value === undefined || isCut(value)) {
        context.announce(DETAIL.tooLargeToCopy);
        return;
      }
      const copied = await copyText(toPythonText(value), context.element);
      context.announce(copied ? DETAIL.copied : DETAIL.copyDenied);
    } catch (error) {
      context.announce(reasonOf(error));
    }
  };
  context.shortcuts.add({
    key: "y",
    does: SHORTCUTS.copy,
    run: () => {
      const place = context.selected.get()?.place ?? null;
      if (place === null) return false;
      void copy(place);
      return true;
    },
  });
}
