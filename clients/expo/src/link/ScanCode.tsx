import { CameraView, useCameraPermissions } from "expo-camera";
import { useState } from "react";
import { StyleSheet } from "react-native";

import { Button } from "../ui/Button";
import { useNotices } from "../ui/Notice";
import { ScanSheet } from "./ScanSheet";
import { sessionIdIn } from "./sessionIdIn";

/** Reads a session id from a QR code. */
export function ScanCode({ onScanned }: { onScanned: (sessionId: string) => void }) {
  const [isOpen, setOpen] = useState(false);
  const [, ask] = useCameraPermissions();
  const { say } = useNotices();

  async function open() {
    const { granted } = await ask();
    if (granted) setOpen(true);
    else say("The app may not use the camera. Allow it in the phone’s settings, or type the id.");
  }

  function scanned({ data }: { data: string }) {
    const sessionId = sessionIdIn(data);
    if (!isOpen || !sessionId) return;
    setOpen(false);
    onScanned(sessionId);
  }

  return (
    <>
      <Button icon="scan" label="Scan a QR code" onPress={open} />
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
