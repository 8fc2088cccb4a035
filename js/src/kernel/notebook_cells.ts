/**
 * Puts code into a new cell, where the page is a notebook of JupyterLab's kind.
 *
 * A widget has no public way to the notebook of its own. anywidget hands over the
 * widget manager, though, and that of JupyterLab and Notebook 7 has the document it
 * belongs to, with a shared model that can be edited. Other frontends (VS Code, Colab,
 * Voila) have none of this, which is found out by looking, and then there is no button.
 */

interface SharedNotebook {
  readonly cells: { readonly length: number };
  insertCell(index: number, cell: { readonly cell_type: "code"; readonly source: string }): unknown;
}

const fieldOf = (value: unknown, name: string): unknown =>
  typeof value === "object" && value !== null
    ? (value as Record<string, unknown>)[name]
    : undefined;

const isNotebook = (value: unknown): value is SharedNotebook =>
  typeof fieldOf(value, "insertCell") === "function" &&
  typeof fieldOf(fieldOf(value, "cells"), "length") === "number";

function notebookOf(widgetManager: unknown): SharedNotebook | null {
  try {
    const model = fieldOf(fieldOf(widgetManager, "context"), "model");
    const shared = fieldOf(model, "sharedModel");
    return isNotebook(shared) ? shared : null;
  } catch {
    // Getters of somebody else's may throw, as they do once the document is closed.
    return null;
  }
}

export const hasCells = (widgetManager: unknown): boolean => notebookOf(widgetManager) !== null;

/** The place of the cell that holds `element`: of all cells, only those near are in the page. */
function cellIndex(element: HTMLElement): number | null {
  const index = element.closest<HTMLElement>(".jp-Cell")?.dataset.windowedListIndex;
  return index === undefined ? null : Number(index);
}

/** Inserts below the cell that holds `near`, or at the end; false if it cannot be done. */
export function insertCell(widgetManager: unknown, source: string, near: HTMLElement): boolean {
  const notebook = notebookOf(widgetManager);
  if (notebook === null) return false;
  const place = cellIndex(near);
  const end = notebook.cells.length;
  try {
    const index = place === null ? end : Math.min(place + 1, end);
    notebook.insertCell(index, { cell_type: "code", source });
    return true;
  } catch {
    return false;
  }
}
