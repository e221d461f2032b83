const hooks = require("eslint-plugin-react-hooks");
const { defineConfig } = require("eslint/config");
const typescript = require("typescript-eslint");

module.exports = defineConfig([
  { ignores: ["dist/", ".expo/", "*.config.js"] },
  typescript.configs.recommended,
  hooks.configs.flat.recommended,
]);
