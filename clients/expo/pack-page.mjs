// Writes the web export as omilink's server serves it: node pack-page.mjs FOLDER [--check]
// Every file but index.html gets a name with a hash of what it holds, so that a browser may keep it for ever, and lies
// there compressed as well. --check writes nothing and fails when the folder holds anything else.
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { basename, extname, join } from "node:path";
import { brotliCompressSync, brotliDecompressSync, constants, gunzipSync, gzipSync } from "node:zlib";

const EXPORT = "dist";
const START = "index.html";
const OF_EXPO = "metadata.json"; // for updates of apps on phones

const [folder, mode] = process.argv.slice(2);
const page = readPage();
if (mode === "--check") check();
else write();

/** The files of the page by their names. */
function readPage() {
  let start = readFileSync(join(EXPORT, START), "utf8");
  const files = new Map();
  for (const path of filesOfExport()) {
    const content = readFileSync(join(EXPORT, path));
    const [before, after, more] = start.split(new RegExp(`"/?${RegExp.escape(path)}"`));
    if (after === undefined || more !== undefined) throw new Error(`${START} names ${path} not once.`);
    const name = hashed(path, content);
    start = `${before}"page/${name}"${after}`;
    files.set(name, content);
  }
  return files.set(START, Buffer.from(start));
}

function filesOfExport() {
  return readdirSync(EXPORT, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && ![START, OF_EXPO].includes(entry.name))
    .map((entry) => join(entry.parentPath, entry.name).slice(EXPORT.length + 1))
    .sort();
}

function hashed(path, content) {
  const [stem] = basename(path).split(/[-.]/);
  return `${stem}-${createHash("sha256").update(content).digest("hex").slice(0, 16)}${extname(path)}`;
}

function write() {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const [name, content] of page) {
    writeFileSync(join(folder, name), content);
    if (name === START) continue;
    writeFileSync(join(folder, `${name}.br`), brotliCompressSync(content, brotliOptions(content)));
    writeFileSync(join(folder, `${name}.gz`), gzipped(content));
  }
}

function brotliOptions({ length }) {
  return { params: { [constants.BROTLI_PARAM_LGWIN]: 22, [constants.BROTLI_PARAM_SIZE_HINT]: length } };
}

function gzipped(content) {
  const packed = gzipSync(content, { level: 9 });
  packed[9] = 255; // RFC 1952: made by an unknown system, whichever made it
  return packed;
}

/** Compressed files are compared by what they hold: another processor's zlib packs the same otherwise. */
function check() {
  const unpack = { "": (content) => content, ".br": brotliDecompressSync, ".gz": gunzipSync };
  const expected = [...page].flatMap(([name, content]) =>
    (name === START ? [""] : Object.keys(unpack)).map((suffix) => ({ name: name + suffix, content, suffix })),
  );
  const names = expected.map(({ name }) => name).sort();
  const isBuild =
    String(readdirSync(folder).sort()) === String(names) &&
    expected.every(({ name, content, suffix }) => unpack[suffix](readFileSync(join(folder, name))).equals(content));
  if (isBuild) return;
  console.error(`${folder} is not the build of the app. Run script/build-page and commit what it writes.`);
  process.exit(1);
}
