/**
 * What Android and iOS have below the JavaScript of `expo/fetch`: import it before that. A test leads the network. The
 * states and events are those of NativeResponse.kt and NativeResponse.swift in expo's package.
 */
import { waitFor } from "@testing-library/react-native";
import { SharedObject, type SharedObjectType } from "expo";
import type { NativeHeadersType, NativeRequestInit, NativeResponseEvents } from "expo/src/winter/fetch/NativeRequest";
import { Platform } from "react-native";

type State = "started" | "answered" | "streaming" | "no longer read" | "complete" | "failed";

/** What was asked for since the test began. */
export const connections: Connection[] = [];

/** One request, as the network sees it. */
export class Connection {
  path = "";
  init: NativeRequestInit = {};
  status = -1;
  headers: NativeHeadersType = [];
  isCanceled = false;
  state: State = "started";
  private error = "";
  private kept: Uint8Array[] = [];
  private waiting = new Set<() => void>();

  constructor(private emit: SharedObjectType<NativeResponseEvents>["emit"]) {}

  /** The status and the headers are here. What comes next is kept until somebody reads. */
  answer(status = 200, contentType = "text/event-stream"): void {
    this.status = status;
    this.headers = [["Content-Type", contentType]];
    this.become("answered");
  }

  send(data: string | Uint8Array): void {
    const bytes = typeof data === "string" ? new TextEncoder().encode(data) : data;
    if (this.state === "answered") this.kept.push(bytes);
    if (this.state === "streaming") this.emit("didReceiveResponseData", bytes);
  }

  end(): void {
    if (this.state === "streaming") this.emit("didComplete");
    this.become("complete");
    this.emit("readyForJSFinalization");
  }

  breakOff(error = "The network connection was lost."): void {
    const hadAnswered = this.state !== "started";
    this.error = error;
    if (this.state === "streaming") this.emit("didFailWithError", error);
    this.become("failed");
    if (Platform.OS === "android" && hadAnswered) this.become("complete"); // as it says there of what has come so far
    this.emit("readyForJSFinalization");
  }

  cancel(): void {
    this.isCanceled = true;
    this.breakOff("Fetch request has been canceled");
  }

  async answered(): Promise<void> {
    if ((await this.until("answered", "failed")) === "failed") throw new Error(this.error);
  }

  /** Who begins to read gets what was kept. On both systems that is an empty chunk if nothing was. */
  async startStreaming(): Promise<Uint8Array | null> {
    if (this.state === "complete") return this.takeKept();
    if (this.state !== "answered") return null;
    this.become("streaming");
    this.emit("didReceiveResponseData", this.takeKept());
    return null;
  }

  cancelStreaming(): void {
    if (this.state === "streaming") this.become("no longer read");
  }

  /** On both systems, a body that breaks off without having been complete is waited for without end. */
  async bytes(): Promise<Uint8Array> {
    await this.until("complete");
    return this.takeKept();
  }

  private become(state: State): void {
    this.state = state;
    this.waiting.forEach((look) => look());
  }

  private until(...states: State[]): Promise<State> {
    return new Promise((resolve) => {
      const look = () => {
        if (states.includes(this.state)) resolve(this.state);
      };
      this.waiting.add(look);
      look();
    });
  }

  private takeKept(): Uint8Array {
    return Uint8Array.from(this.kept.splice(0).flatMap((bytes) => [...bytes]));
  }
}

/** `expo/fetch` makes its own response out of this one, so what it holds is behind one name. */
class NativeResponse extends SharedObject<NativeResponseEvents> {
  connection = new Connection((...event) => this.emit(...event));

  get _rawHeaders() {
    return this.connection.headers;
  }
  get status() {
    return this.connection.status;
  }
  get statusText() {
    return "";
  }
  get url() {
    return this.connection.path;
  }
  get redirected() {
    return false;
  }
  startStreaming() {
    return this.connection.startStreaming();
  }
  cancelStreaming() {
    this.connection.cancelStreaming();
  }
  async arrayBuffer() {
    return (await this.connection.bytes()).buffer;
  }
  async text() {
    return new TextDecoder().decode(await this.connection.bytes());
  }
}

class NativeRequest extends SharedObject {
  constructor(private response: NativeResponse) {
    super();
  }

  start(url: string, init: NativeRequestInit): Promise<void> {
    const { connection } = this.response;
    connection.path = url.replace("http://omilink.test", "");
    connection.init = init;
    connections.push(connection);
    return connection.answered();
  }

  cancel() {
    this.response.connection.cancel();
  }
}

Object.assign(globalThis.expo.modules, { ExpoFetchModule: { NativeRequest, NativeResponse } });

export async function theConnection(number = 0): Promise<Connection> {
  await waitFor(() => expect(connections.length).toBeGreaterThan(number));
  return connections[number]!;
}
