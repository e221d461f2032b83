type Props = {
  /** Of the address: with another one the picture is another one. */
  version: string;
};

/** A phone shows no code of what it can copy itself. */
export const AddressCode: (props: Props) => null = () => null;
