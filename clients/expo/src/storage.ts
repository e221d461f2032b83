/** Keeps the last words, and who was signed in, until the user signs out: for a start without a connection. */
export { default as storage } from "@react-native-async-storage/async-storage";
