import { act, fireEvent, render, screen } from "@testing-library/react-native";

import { ScanCode } from "../src/link/ScanCode";
import { NoticeProvider } from "../src/ui/Notice";

const mockAsk = jest.fn<Promise<{ granted: boolean }>, []>();

jest.mock("expo-camera", () => ({ CameraView: "CameraView", useCameraPermissions: () => [null, mockAsk] }));
jest.mock(
  "react-native-safe-area-context",
  () => jest.requireActual<{ default: object }>("react-native-safe-area-context/jest/mock").default,
);

const POINT = "Point the camera at the QR code of your wearable.";
const scanned = jest.fn<void, [string]>();

beforeEach(async () => {
  scanned.mockClear();
  mockAsk.mockResolvedValue({ granted: true });
  await render(
    <NoticeProvider>
      <ScanCode onScanned={scanned} />
    </NoticeProvider>,
  );
});

test("one code, of which the camera tells many times, is scanned once", async () => {
  await openCamera();
  await see("kitchen", "kitchen", "kitchen");
  expect(scanned.mock.calls).toEqual([["kitchen"]]);
  expect(screen.queryByText(POINT)).toBeNull();
});

test("after one code another can be scanned", async () => {
  await openCamera();
  await see("kitchen");
  await openCamera();
  await see("garden");
  expect(scanned.mock.calls).toEqual([["kitchen"], ["garden"]]);
});

test("an address that holds a session id is read", async () => {
  await openCamera();
  await see("https://omilink.example.org/link?from=box&session_id=kitchen%2D2#start");
  expect(scanned.mock.calls).toEqual([["kitchen-2"]]);
});

test("a code of something else is passed over, and the camera goes on looking", async () => {
  await openCamera();
  await see("https://shop.example.org/offer");
  expect(scanned).not.toHaveBeenCalled();
  expect(screen.getByText(POINT)).toBeOnTheScreen();
  await see("kitchen");
  expect(scanned.mock.calls).toEqual([["kitchen"]]);
});

test("a camera that may not be used says what to do", async () => {
  mockAsk.mockResolvedValue({ granted: false });
  await fireEvent.press(screen.getByText("Scan a QR code"));
  expect(await screen.findByText(/may not use the camera.*or type the id/)).toBeOnTheScreen();
  expect(screen.queryByText(POINT)).toBeNull();
});

async function openCamera(): Promise<void> {
  await fireEvent.press(screen.getByText("Scan a QR code"));
  await screen.findByText(POINT);
}

/** What the camera tells of, one after the other and before anything can be drawn. */
async function see(...codes: string[]): Promise<void> {
  const [camera] = screen.container.queryAll(({ type }) => type === "CameraView");
  await act(async () => codes.forEach((data) => camera!.props.onBarcodeScanned({ data })));
}
