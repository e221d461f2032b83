// An .mjs, so that it stays out of the package. The paths are the repository's: `npm run check` runs it there.
import js from "@eslint/js";
import globals from "globals";

export default [
  js.configs.recommended,
  {
    linterOptions: { reportUnusedDisableDirectives: "error" },
    rules: {
      "array-callback-return": "error",
      eqeqeq: "error",
      "no-self-compare": "error",
      "no-template-curly-in-string": "error",
      "no-unused-vars": ["error", { ignoreRestSiblings: true }],
      "no-var": "error",
      "object-shorthand": "error",
      "prefer-arrow-callback": "error",
      "prefer-const": ["error", { ignoreReadBeforeAssign: true }],
    },
  },
  // In browsers, in Node and in Expo alike; `document` tells them apart.
  {
    files: ["clients/js/*.js"],
    languageOptions: { globals: { ...globals["shared-node-browser"], document: "readonly", location: "readonly" } },
  },
  { files: ["src/omilink/web/static/docs.js"], languageOptions: { globals: globals.browser } },
  { files: ["**/*.mjs"], languageOptions: { globals: globals.node } },
];
