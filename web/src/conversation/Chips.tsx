/** The files of a question: pictures are shown, documents named. */
import { useTranslation } from "react-i18next";
import type { Attachment } from "../api/chat";
import { Icon } from "../design";
import { bytes } from "../i18n/format";
import { save, usePicture } from "./files";

function Picture({ attachment }: { attachment: Attachment }) {
  const { t } = useTranslation();
  const address = usePicture(attachment);
  return (
    <a className="picture" href={address} target="_blank" rel="noopener">
      <img src={address} alt={t("attach.picture", { name: attachment.name })} />
    </a>
  );
}

function Document({ attachment }: { attachment: Attachment }) {
  const { t, i18n } = useTranslation();
  return (
    <button className="chip" type="button" title={attachment.text_cut ? t("attach.cut") : attachment.name} onClick={() => void save(attachment)}>
      <Icon name="file" /><span>{attachment.name}</span><small>{bytes(attachment.size_bytes, i18n.language)}</small>
    </button>
  );
}

export function Chips({ attachments }: { attachments: readonly Attachment[] }) {
  if (attachments.length === 0) return null;
  return <div className="chips">{attachments.map((one) => (one.kind === "image" ? <Picture key={one.id} attachment={one} /> : <Document key={one.id} attachment={one} />))}</div>;
}
