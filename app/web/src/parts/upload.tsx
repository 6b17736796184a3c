/** Pieces of a form that sends files: the files, how far they are, and why they were refused. */

import type { Problem } from "../api";
import { t } from "../language";
import { ProblemBox } from "./basic";
import { FaultTable } from "./faults";

interface FileFieldProps {
  label: string;
  hint: string;
  chosen: readonly File[];
  choose: (files: File[]) => void;
}

/** The browser's own control speaks the browser's language: it is there for the keyboard, our button is seen. */
export function FileField({ label, hint, chosen, choose }: FileFieldProps) {
  return (
    <label class="field field-wide files">
      <span class="field-label">{label}</span>
      <input type="file" multiple onChange={(event) => choose([...(event.currentTarget.files ?? [])])} />
      <span class="files-shown">
        <span class="button" aria-hidden="true">
          {t("upload.choose")}
        </span>
        {chosen.length > 0 ? chosen.map((file) => file.name).join(" · ") : t("upload.none")}
      </span>
      <span class="field-hint">{hint}</span>
    </label>
  );
}

/** `share` sent, 0 to 1; null when nothing is under way. */
export function UploadProgress({ share }: { share: number | null }) {
  if (share === null) return null;
  return (
    <span class="upload-progress" role="status">
      <progress max={1} value={share} aria-label={t("upload.progress")} />
      {share < 1 ? t("upload.sending", { percent: Math.round(share * 100) }) : t("upload.checking")}
    </span>
  );
}

export function UploadRefused({ problem }: { problem: Problem | null }) {
  if (!problem || problem.faults.length === 0) return <ProblemBox problem={problem} />;
  return (
    <div class="refused">
      <div class="notice notice-bad" role="alert">
        <strong>{t("upload.refused", { count: problem.faults.length })}</strong>
        <p>{t("upload.refused.hint")}</p>
      </div>
      <FaultTable caption={t("upload.faults")} faults={problem.faults} />
    </div>
  );
}
