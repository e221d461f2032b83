// Makes the types that the package brings. Runs after `npm ci` and before `npm pack`.
import { spawnSync } from "node:child_process";
import { copyFileSync, existsSync } from "node:fs";

const COMPILER = "node_modules/typescript/bin/tsc";

if (!existsSync(COMPILER)) {
  console.error("The package's types are made with TypeScript, which is not here. Run `npm ci` in clients/js first.");
  process.exit(1);
}
const options = ["--noEmit", "false", "--declaration", "--emitDeclarationOnly", "--outDir", "types"];
const { status } = spawnSync(process.execPath, [COMPILER, ...options], { stdio: "inherit" });
if (status !== 0) process.exit(1);
copyFileSync("api.d.ts", "types/api.d.ts");
