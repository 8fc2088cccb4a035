// Builds the widgets and their one stylesheet. `--dev` serves js/dev instead.
import { mkdir, rm } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import * as esbuild from "esbuild";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

/** Modules that a page loads on demand (LAZY_MODULES in widgets/panel.py). */
const LAZY = {
  history: "src/widgets/history_chunk.ts",
  plot: "src/widgets/plot_chunk.ts",
  edit: "src/widgets/edit_chunk.ts",
  run: "src/widgets/run_chunk.ts",
  simulation_view: "src/widgets/simulation_chunk.ts",
  molecule_view: "src/widgets/molecule_chunk.ts",
  molecule_renderer: "src/widgets/molecule_renderer_chunk.ts",
  locks_view: "src/widgets/locks_chunk.ts",
};

/** Entry by bundle name: one per widget class in Python, and the stylesheet they share. */
const ENTRIES = {
  palette: "src/widgets/palette.ts",
  locks: "src/widgets/locks.ts",
  inspector: "src/widgets/inspector.ts",
  simulation: "src/widgets/simulation.ts",
  molecule: "src/widgets/molecule.ts",
  control_room: "src/widgets/control_room.ts",
  panel: "src/widgets/panel.css",
  ...LAZY,
};

const options = {
  bundle: true,
  format: "esm",
  target: "es2022",
  charset: "utf8",
  logLevel: "info",
  absWorkingDir: here("."),
};

if (process.argv.includes("--dev")) {
  const context = await esbuild.context({
    ...options,
    entryPoints: { dev: "dev/dev.ts", panel: "src/widgets/panel.css", ...LAZY },
    outdir: here("dev/dist"),
    sourcemap: "inline",
  });
  const port = Number(process.env.PORT ?? 8123);
  await context.serve({ servedir: here("dev"), host: "127.0.0.1", port });
} else {
  const outdir = here("../nanover_jupyter/static");
  await rm(outdir, { recursive: true, force: true });
  await mkdir(outdir, { recursive: true });
  await esbuild.build({
    ...options,
    entryPoints: ENTRIES,
    outdir,
    minify: true,
    legalComments: "none",
  });
  // The page of the page tests is not part of the package.
  await esbuild.build({ ...options, entryPoints: ["page/page.ts"], outdir: here("page/dist") });
}
