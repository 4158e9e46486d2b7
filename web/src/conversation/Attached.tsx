/** What is attached to the message that is being written, and what is on its way. */
import { useTranslation } from "react-i18next";
import type { Attachment } from "../api/chat";
import { Icon, IconButton } from "../design";
import { bytes } from "../i18n/format";
import { useRemedy } from "../i18n/remedy";
import { box, setAttachments } from "../state/drafting";
import { dismissUpload, uploads } from "../state/uploading";
import { useStore } from "../state/store";
import { usePicture } from "./files";

function Thumbnail({ attachment }: { attachment: Attachment }) {
  return <img src={usePicture(attachment)} alt="" />;
}

export function Attached() {
  const { t, i18n } = useTranslation();
  const remedy = useRemedy();
  const { attachments } = useStore(box);
  const coming = useStore(uploads);
  if (attachments.length + coming.length === 0) return null;
  return (
    <ul className="chips" aria-label={t("attach.list")}>
      {attachments.map((one) => (
        <li key={one.id} className="chip">
          {one.kind === "image" ? <Thumbnail attachment={one} /> : <Icon name="file" />}
          <span>{one.name}</span><small>{bytes(one.size_bytes, i18n.language)}</small>
          <IconButton look="quiet" icon="close" label={t("attach.remove", { name: one.name })} onClick={() => setAttachments(attachments.filter(({ id }) => id !== one.id))} />
        </li>
      ))}
      {coming.map(({ id, name, failure }) => (
        <li key={id} className={failure ? "chip bad" : "chip"} aria-busy={failure === null}>
          {failure ? <Icon name="warning" /> : <span className="pulse" aria-hidden="true" />}
          <span role={failure ? "alert" : undefined}>{failure ? `${name}: ${remedy(failure)}` : name}</span>
          {failure && <IconButton look="quiet" icon="close" label={t("attach.remove", { name })} onClick={() => dismissUpload(id)} />}
        </li>
      ))}
    </ul>
  );
}
