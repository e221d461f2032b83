import { useState } from "react";

import { serverAddress } from "../server";
import { Button } from "../ui/Button";
import { Text } from "../ui/Text";

/** The webhook address for a phone's camera. Only when asked for: whoever sees the code can post words to the user. */
export function AddressCode({ version }: { version: string }) {
  const [isShown, setShown] = useState(false);
  const picture = `${serverAddress().replace(/\/$/, "")}/me/webhook-url.svg?${encodeURIComponent(version)}`;
  return (
    <>
      <Button
        kind="link"
        label={isShown ? "Hide the QR code" : "Show it as a QR code"}
        aria-expanded={isShown}
        onPress={() => setShown(!isShown)}
        style={{ alignSelf: "flex-start" }}
      />
      {isShown && (
        <figure className="code">
          <img src={picture} crossOrigin="use-credentials" alt="QR code of your personal webhook address" />
          <figcaption>
            <Text kind="quiet">Scan it with the phone that has the OMI app, and copy the address there.</Text>
          </figcaption>
        </figure>
      )}
    </>
  );
}
