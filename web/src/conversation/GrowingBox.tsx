/** A text box as high as its text, up to a limit of its style. */
import { type ComponentProps, type Ref, useImperativeHandle, useLayoutEffect, useRef } from "react";

interface Props extends Omit<ComponentProps<"textarea">, "onChange" | "value"> {
  value: string;
  change: (value: string) => void;
  ref?: Ref<HTMLTextAreaElement>;
}

/** Browsers that do it by themselves need no measuring. */
const BY_ITSELF = typeof CSS !== "undefined" && CSS.supports("field-sizing", "content");

export function GrowingBox({ value, change, ref, ...rest }: Props) {
  const own = useRef<HTMLTextAreaElement>(null);
  useImperativeHandle(ref, () => own.current as HTMLTextAreaElement);
  useLayoutEffect(() => {
    const box = own.current;
    if (BY_ITSELF || !box) return;
    box.style.height = "auto";
    box.style.height = `${box.scrollHeight}px`;
  }, [value]);
  return <textarea className="box" dir="auto" rows={1} {...rest} ref={own} value={value} onChange={(event) => change(event.target.value)} />;
}
