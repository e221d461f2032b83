import { Button } from "../ui/Button";
import { Quiet } from "../ui/Quiet";
import { useAccount } from "./AccountProvider";

export function NoConnection({ reason }: { reason: string }) {
  const { begin } = useAccount();
  return (
    <Quiet title="No connection" text={reason}>
      <Button kind="primary" label="Try again" onPress={begin} />
    </Quiet>
  );
}
