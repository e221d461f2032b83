import { useState } from "react";

import { serverAddress } from "../server";
import { Button } from "../ui/Button";
import { Text } from "../ui/Text";

/** The webhook address for a phone's camera. Only when asked for: whoever sees the code can post words to the user. */
export function AddressCode() {
  const [picture, setPicture] = useState("");
  const show = () => setPicture(`${serverAddress().replace(/\/$/, "")}/me/webhook-url.svg?${Date.now()}`);
  return (
    <>
      <Button
        kind="link"
        label={picture ? "Hide the QR code" : "Show it as a QR code"}
        aria-expanded={picture !== ""}
        onPress={() => (picture ? setPicture("") : show())}
        style={{ alignSelf: "flex-start", marginLeft: -5 }}
      />
      {picture !== "" && (
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
