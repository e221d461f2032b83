import * as SecureStore from "expo-secure-store";

jest.mock("expo-secure-store");

const store = jest.mocked(SecureStore);

/** The app after a start: nothing is held yet. */
function freshToken(): typeof import("../src/account/token") {
  let token!: typeof import("../src/account/token");
  jest.isolateModules(() => {
    token = jest.requireActual("../src/account/token");
  });
  return token;
}

test("the token is kept in the safe storage, on this device only", async () => {
  const { keepToken, readToken } = freshToken();
  await keepToken("secret");
  expect(store.setItemAsync).toHaveBeenCalledWith("omilink.token", "secret", {
    keychainAccessible: store.WHEN_UNLOCKED_THIS_DEVICE_ONLY,
  });
  expect(await readToken()).toBe("secret");
});

test("the safe storage is asked once, however many requests need the token", async () => {
  store.getItemAsync.mockClear().mockResolvedValue("secret");
  const { readToken } = freshToken();
  expect(await Promise.all([readToken(), readToken(), readToken()])).toEqual(["secret", "secret", "secret"]);
  expect(store.getItemAsync).toHaveBeenCalledTimes(1);
});

test("an error of the safe storage passes and loses no token", async () => {
  store.getItemAsync.mockRejectedValueOnce(new Error("locked")).mockResolvedValueOnce("secret");
  const { readToken } = freshToken();
  await expect(readToken()).rejects.toThrow("locked");
  expect(await readToken()).toBe("secret");
});

test("after signing out there is no token, neither here nor in the storage", async () => {
  const { dropToken, keepToken, readToken } = freshToken();
  await keepToken("secret");
  await dropToken();
  expect(store.deleteItemAsync).toHaveBeenCalled();
  expect(await readToken()).toBeNull();
});
