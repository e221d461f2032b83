import { useEffect, useRef, useState } from "react";

import { Button } from "../ui/Button";
import { ScanSheet } from "./ScanSheet";
import { sessionIdIn } from "./sessionIdIn";

type Detector = { detect: (source: HTMLVideoElement) => Promise<{ rawValue: string }[]> };
declare const BarcodeDetector: { new (options: { formats: string[] }): Detector };

const LOOK_EVERY = 200;
/** Failures in a row after which the detector counts as broken. */
const FAILURES = 10;
const CAN_SCAN = "BarcodeDetector" in globalThis && Boolean(globalThis.navigator?.mediaDevices);

const PROBLEMS: Record<string, string> = {
  NotAllowedError: "This page may not use the camera. Allow it in the browser, or type the id.",
  NotFoundError: "There is no camera here. Type the id.",
};
const OTHER_PROBLEM = "The camera cannot be used now; another program may have it. Type the id.";

/** Reads a session id from a QR code, with a browser that can do so by itself. */
export function ScanCode({ onScanned }: { onScanned: (sessionId: string) => void }) {
  const [isOpen, setOpen] = useState(false);
  if (!CAN_SCAN) return null;
  return (
    <>
      <Button icon="scan" label="Scan a QR code" onPress={() => setOpen(true)} />
      {isOpen && (
        <Scanner
          onClose={() => setOpen(false)}
          onScanned={(sessionId) => {
            setOpen(false);
            onScanned(sessionId);
          }}
        />
      )}
    </>
  );
}

function Scanner({ onClose, onScanned }: { onClose: () => void; onScanned: (sessionId: string) => void }) {
  const video = useRef<HTMLVideoElement>(null);
  const [problem, setProblem] = useState("");
  const found = useRef(onScanned);
  useEffect(() => {
    found.current = onScanned;
  });

  useEffect(() => {
    const detector = new BarcodeDetector({ formats: ["qr_code"] });
    const camera = navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
    camera.then(
      (stream) => {
        if (video.current) video.current.srcObject = stream;
      },
      ({ name }: Error) => setProblem(PROBLEMS[name] ?? OTHER_PROBLEM),
    );
    let isStopped = false;
    let failures = 0;
    let timer = setTimeout(look, LOOK_EVERY);

    /** Looks until there is a code, and only once at a time: one code is one hit. */
    async function look() {
      const codes = video.current?.videoWidth ? await detector.detect(video.current).catch(() => null) : [];
      if (isStopped) return;
      failures = codes ? 0 : failures + 1;
      if (failures === FAILURES) setProblem("This browser cannot read codes after all. Type the id.");
      const sessionId = codes?.map(({ rawValue }) => sessionIdIn(rawValue)).find(Boolean);
      if (sessionId) found.current(sessionId);
      else timer = setTimeout(look, LOOK_EVERY);
    }

    return () => {
      isStopped = true;
      clearTimeout(timer);
      camera.then((stream) => stream.getTracks().forEach((track) => track.stop())).catch(() => {});
    };
  }, []);

  return (
    <ScanSheet onClose={onClose} problem={problem}>
      <video ref={video} autoPlay muted playsInline style={{ width: "100%", height: "100%", objectFit: "cover" }} />
    </ScanSheet>
  );
}
