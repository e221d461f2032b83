import { act, render, screen } from "@testing-library/react-native";

import { Button } from "../src/ui/Button";

test("a press counts once until it is done", async () => {
  const done: (() => void)[] = [];
  const onPress = jest.fn(() => new Promise<void>((resolve) => done.push(resolve)));
  await render(<Button label="Link" busyLabel="Linking…" onPress={onPress} />);
  const press = () => screen.getByRole("button").props.onClick({ stopPropagation: () => {} });
  await act(async () => {
    press();
    press();
  });
  expect(screen.getByText("Linking…")).toBeOnTheScreen();
  await act(async () => void press());
  expect(onPress).toHaveBeenCalledTimes(1);

  await act(async () => done[0]!());
  await act(async () => void press());
  expect(onPress).toHaveBeenCalledTimes(2);
});
