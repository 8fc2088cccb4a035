/**
 * Insert code as a new cell, if the page is a JupyterLab or Notebook 7 document.
 *
 * Widgets have no public API for this. The widget manager that anywidget passes on holds the
 * document's shared model in these two; in other frontends (VS Code, Colab, Voila) it does not, and
 * the button is hidden.
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
    // The getters throw after the document was closed.
    return null;
  }
}

export const hasCells = (widgetManager: unknown): boolean => notebookOf(widgetManager) !== null;

/** Return the index of the cell that contains the element. Jupyter renders only nearby cells. */
function cellIndex(element: HTMLElement): number | null {
  const index = element.closest<HTMLElement>(".jp-Cell")?.dataset.windowedListIndex;
  return index === undefined ? null : Number(index);
}

/** Insert a cell below the one that contains `near`, or at the end; false if it is impossible. */
export function insertCell(widgetManager: unknown, source: string, near: HTMLElement): boolean {
  const notebook = notebookOf(widgetManager);
  if (notebook === null) return false;
  const index = cellIndex(near);
  const end = notebook.cells.length;
  try {
    notebook.insertCell(index === null ? end : Math.min(index + 1, end), {
      cell_type: "code",
      source,
    });
    return true;
  } catch {
    return false;
  }
}
