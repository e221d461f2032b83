import { CameraView, useCameraPermissions } from "expo-camera";
import { useRef, useState } from "react";
import { StyleSheet } from "react-native";

import { Button } from "../ui/Button";
import { useNotices } from "../ui/Notice";
import { ScanSheet } from "./ScanSheet";
import { sessionIdIn } from "./sessionIdIn";

/** Reads a session id from a QR code. */
export function ScanCode({ onScanned }: { onScanned: (sessionId: string) => void }) {
  const [isOpen, setOpen] = useState(false);
  const isDone = useRef(false); // the camera reports one code many times
  const [, ask] = useCameraPermissions();
  const { attempt } = useNotices();

  async function open() {
    const { granted } = await ask();
    if (!granted) throw new Error("The app may not use the camera. Allow it in the phone’s settings, or type the id.");
    isDone.current = false;
    setOpen(true);
  }

  function scanned({ data }: { data: string }) {
    const sessionId = sessionIdIn(data);
    if (isDone.current || !sessionId) return;
    isDone.current = true;
    setOpen(false);
    onScanned(sessionId);
  }

  return (
    <>
      <Button icon="scan" label="Scan a QR code" onPress={() => attempt(open)} />
      {isOpen && (
        <ScanSheet onClose={() => setOpen(false)}>
          <CameraView
            style={StyleSheet.absoluteFill}
            barcodeScannerSettings={{ barcodeTypes: ["qr"] }}
            onBarcodeScanned={scanned}
          />
        </ScanSheet>
      )}
    </>
  );
}
