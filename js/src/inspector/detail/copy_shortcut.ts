/** The shortcut `y`, which copies the full value of the selected row as Python. */

import type { PageValue } from "../../protocol/common.ts";
import { reasonOf } from "../../text/format.ts";
import { copyText } from "../../ui/clipboard.ts";
import { isCut } from "../../values/page_value.ts";
import { toPythonText } from "../../values/value_text.ts";
import type { InspectorContext } from "../context.ts";
import { fetchFullValue } from "../state/full_value.ts";
import type { InspectorModel } from "../state/model.ts";
import type { Place } from "../state/place.ts";
import * as strings from "../strings.ts";

export function addCopyShortcut(context: InspectorContext, model: InspectorModel): void {
  const fullValueOf = async (place: Place): Promise<PageValue> => {
    const shown = model.valueAt(place.key, place.path);
    if (shown !== undefined && !isCut(shown)) return shown;
    if (context.shown.get().at !== null) throw new Error(strings.detailEarlierTruncated);
    return fetchFullValue(context.host, place);
  };
  const copy = async (place: Place) => {
    try {
      const text = toPythonText(await fullValueOf(place));
      const copied = await copyText(text, context.element);
      context.announce(copied ? strings.detailCopied : strings.detailCopyDenied);
    } catch (error) {
      context.announce(reasonOf(error));
    }
  };
  context.shortcuts.add({
    key: "y",
    does: strings.shortcutCopy,
    run: () => {
      const place = context.selected.get()?.place ?? null;
      if (place === null) return false;
      void copy(place);
      return true;
    },
  });
}
