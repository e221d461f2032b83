// Writes dist/licences.txt: the licence of every package that the web export holds. The source map names the packages, and
// is deleted, together with the lines that lead to it.
import { readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const SCRIPTS = "dist/_expo/static/js/web";
const WITHOUT_A_FILE = { "@react-native": "node_modules/react-native" }; // parts of its repository

const packagesByText = new Map();
for (const folder of foldersOfPackages(takeSources())) {
  const { name, version } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const text = licenceIn(folder) ?? licenceIn(WITHOUT_A_FILE[name.split("/")[0]] ?? folder);
  if (!text) throw new Error(`${folder} has no licence file.`);
  packagesByText.set(text, [...(packagesByText.get(text) ?? []), `${name} ${version}`]);
}
const parts = [...packagesByText].map(([text, packages]) => `${packages.sort().join("\n")}\n\n${text}\n`);
writeFileSync(
  "dist/licences.txt",
  `This page holds the following software.\n\n${parts.sort().join(`\n${"-".repeat(78)}\n\n`)}`,
);

/** The paths of all files that the scripts are made of. */
function takeSources() {
  const [script, ...others] = readdirSync(SCRIPTS).filter((name) => name.endsWith(".js"));
  if (others.length > 0) throw new Error(`${SCRIPTS} has more than one script.`);
  const path = join(SCRIPTS, script);
  const { sources } = JSON.parse(readFileSync(`${path}.map`, "utf8"));
  rmSync(`${path}.map`);
  writeFileSync(path, readFileSync(path, "utf8").replace(/(\n\/\/# \w+=\S+)+\s*$/, ""));
  return sources;
}

function foldersOfPackages(sources) {
  const found = sources.map((path) => /^\/(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1]);
  return new Set(found.filter(Boolean));
}

function licenceIn(folder) {
  const name = readdirSync(folder).find((name) => /^licen[cs]e(\.\w+)?$/i.test(name));
  return name && readFileSync(join(folder, name), "utf8").replaceAll("\r\n", "\n").trim();
}
