import { Quiet } from "./Quiet";

export function Loading({ title = "Loading…", text }: { title?: string; text?: string }) {
  return <Quiet moving title={title} text={text} />;
}
