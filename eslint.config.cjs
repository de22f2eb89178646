// Odoo's own rules for JavaScript: addons/web/tooling/_eslintrc.json of Odoo 19.0.
// Format is prettier's. Packages are found through NODE_PATH: see devtools/lint.py.
const js = require("@eslint/js");
const globals = require("globals");

module.exports = [
  {ignores: ["static/lib/", "**/node_modules/"]},
  js.configs.recommended,
  {
    files: ["**/static/**/*.js"],
    languageOptions: {
      ecmaVersion: 2022,
      sourceType: "module",
      globals: {
        ...globals.browser,
        ...globals.es2022,
        Chart: "readonly",
        DOMPurify: "readonly",
        luxon: "readonly",
        odoo: "readonly",
      },
    },
    rules: {
      "no-restricted-globals": ["error", "event", "self"],
      "no-duplicate-imports": "error",
      "no-unused-vars": [
        "error",
        {
          vars: "all",
          args: "none",
          ignoreRestSiblings: false,
          caughtErrors: "all",
        },
      ],
      curly: ["error", "all"],
      "no-restricted-syntax": ["error", "PrivateIdentifier"],
      "prefer-const": ["error", {destructuring: "all", ignoreReadBeforeAssign: true}],
      "arrow-body-style": ["error", "as-needed"],
    },
  },
];
