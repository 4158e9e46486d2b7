/**
 * The design system: what every screen is made of.
 *
 * Does: give controls that work with the keyboard, a screen reader, both themes, 200 % zoom and a narrow window.
 * Does not: know anything of conversations or accounts, or ask the server.
 */
export { Badge } from "./Badge";
export { Boundary, CrashBoundary } from "./Boundary";
export { Button, IconButton } from "./Button";
export { Command } from "./Command";
export { CopyButton } from "./CopyButton";
export { Dialog } from "./Dialog";
export { EmptyHint, Pending } from "./EmptyHint";
export { Field, Select, Switch, TextArea, TextField } from "./Field";
export { Icon, type IconName } from "./Icon";
export { Menu, type MenuItem } from "./Menu";
export { Table, type Column } from "./Table";
export { Tabs } from "./Tabs";
export { dismiss, toast } from "./toasts";
export { Toasts } from "./Toasts";
export { WithCode } from "./WithCode";
