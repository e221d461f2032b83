import { act, fireEvent, renderHook, screen } from "@testing-library/react-native";

import { ConfirmProvider, useChoice } from "../src/ui/Confirm";

test("the chosen action is the answer", async () => {
  const { ask } = await begin();
  const { answer } = await ask("one");
  await fireEvent.press(screen.getByRole("button", { name: "Delete one" }));
  expect(await answer).toBe("delete");
  expect(screen.queryByText("It is gone.")).toBeNull();
});

test("a question that makes way for another one has no answer", async () => {
  const { ask } = await begin();
  const first = await ask("one");
  const second = await ask("two");
  expect(await first.answer).toBeNull();
  await fireEvent.press(screen.getByRole("button", { name: "Delete two" }));
  expect(await second.answer).toBe("delete");
});

test("a question goes with its user, without an answer", async () => {
  const { ask, unmount } = await begin();
  const { answer } = await ask("one");
  await unmount();
  expect(await answer).toBeNull();
});

async function begin() {
  const { result, unmount } = await renderHook(useChoice, { wrapper: ConfirmProvider });

  async function ask(title: string) {
    let answer!: Promise<string | null>;
    await act(async () => {
      answer = result.current({ title, consequences: ["It is gone."], actions: { delete: `Delete ${title}` } });
    });
    return { answer };
  }

  return { ask, unmount };
}
