/** A named field with its hint and, when it is wrong, why; and a switch. */
import { type ComponentProps, type ReactNode, useId } from "react";

/** What the control inside a field must carry. */
export interface ControlProps {
  id: string;
  "aria-describedby": string;
  "aria-invalid": boolean;
}

interface FieldProps {
  label: string;
  hint?: ReactNode;
  /** Said at once to screen readers. */
  error?: string;
  /** The name above the control, not beside it. */
  tall?: boolean;
  children: (control: ControlProps) => ReactNode;
}

/** `<Field label="…">{(control) => <select {...control}>…</select>}</Field>` */
export function Field({ label, hint, error, tall = true, children }: FieldProps) {
  const id = useId();
  return (
    <div className={tall ? "field tall" : "field"}>
      <label htmlFor={id}>{label}</label>
      {children({ id, "aria-describedby": `${id}-hint ${id}-wrong`, "aria-invalid": Boolean(error) })}
      <p id={`${id}-hint`} className="hint">{hint}</p>
      <p id={`${id}-wrong`} className="wrong" role="alert">{error}</p>
    </div>
  );
}

interface TextFieldProps extends Omit<ComponentProps<"input">, "onChange" | "value"> {
  label: string;
  hint?: ReactNode;
  error?: string;
  tall?: boolean;
  value: string;
  change: (value: string) => void;
}

export function TextField({ label, hint, error, tall, value, change, ...rest }: TextFieldProps) {
  return (
    <Field label={label} hint={hint} error={error} tall={tall}>
      {(control) => <input {...rest} {...control} value={value} onChange={(event) => change(event.target.value)} />}
    </Field>
  );
}

interface TextAreaProps extends Omit<ComponentProps<"textarea">, "onChange" | "value"> {
  label: string;
  hint?: ReactNode;
  error?: string;
  value: string;
  change: (value: string) => void;
}

export function TextArea({ label, hint, error, value, change, ...rest }: TextAreaProps) {
  return (
    <Field label={label} hint={hint} error={error}>
      {(control) => <textarea dir="auto" rows={4} {...rest} {...control} value={value} onChange={(event) => change(event.target.value)} />}
    </Field>
  );
}

interface SelectProps<T extends string> {
  label: string;
  hint?: ReactNode;
  tall?: boolean;
  value: T;
  options: readonly (readonly [value: T, label: string])[];
  change: (value: T) => void;
  disabled?: boolean;
}

export function Select<T extends string>({ label, hint, tall, value, options, change, disabled }: SelectProps<T>) {
  return (
    <Field label={label} hint={hint} tall={tall}>
      {(control) => (
        <select {...control} value={value} disabled={disabled} onChange={(event) => change(event.target.value as T)}>
          {options.map(([key, name]) => <option key={key} value={key}>{name}</option>)}
        </select>
      )}
    </Field>
  );
}

interface SwitchProps {
  label: string;
  hint?: string;
  on: boolean;
  change: (on: boolean) => void;
  disabled?: boolean;
}

export function Switch({ label, hint, on, change, disabled }: SwitchProps) {
  const id = useId();
  return (
    <label className="switch">
      <span>{label}</span>
      <input type="checkbox" role="switch" checked={on} disabled={disabled} aria-describedby={hint ? id : undefined} onChange={(event) => change(event.target.checked)} />
      {hint && <span id={id} className="hint">{hint}</span>}
    </label>
  );
}
