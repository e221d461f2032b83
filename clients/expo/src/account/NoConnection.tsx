import { Button } from "../ui/Button";
import { Quiet } from "../ui/Quiet";
import { useAccount } from "./AccountProvider";

export function NoConnection({ title, reason }: { title: string; reason: string }) {
  const { begin } = useAccount();
  return (
    <Quiet title={title} text={reason}>
      <Button kind="primary" label="Try again" onPress={begin} />
    </Quiet>
  );
}
