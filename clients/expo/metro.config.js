const path = require("node:path");
const { getDefaultConfig } = require("expo/metro-config");

const config = getDefaultConfig(__dirname);

// The client lies beside the app: Metro watches it there, and it takes what it imports from the app's packages.
config.watchFolders = [...config.watchFolders, path.resolve(__dirname, "../js")];
config.resolver.nodeModulesPaths = [path.resolve(__dirname, "node_modules")];

module.exports = config;
