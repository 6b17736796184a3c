/** Why no plan is possible, or what of it cannot be had. */

import { number } from "../../format";
import { said, t, word } from "../../language";
import type { Hit } from "../../map/canvas";
import type { Focus } from "../../map/two_maps";
import type { Clash, PlanDocument, Unserved } from "../../wire";

interface IssuesProps {
  document: PlanDocument;
  look: (focus: Focus) => void;
  choose: (hit: Hit) => void;
}

export function Issues({ document, look, choose }: IssuesProps) {
  const infeasible = document.certificate.status === "infeasible";
  return (
    <div class="issues">
      {infeasible && <p class="notice notice-warn">{t("issues.infeasible")}</p>}
      {document.unserved.length > 0 && (
        <>
          <h3>{t("issues.unserved", { count: document.unserved.length })}</h3>
          <ul class="notes">
            {document.unserved.map((one) => (
              <UnservedRow one={one} choose={choose} />
            ))}
          </ul>
        </>
      )}
      {document.clashes.length > 0 && (
        <>
          <h3>{t("issues.clashes", { count: document.clashes.length })}</h3>
          <ul class="notes">
            {document.clashes.map((clash) => (
              <ClashRow clash={clash} look={look} />
            ))}
          </ul>
        </>
      )}
    </div>
  );
}

function UnservedRow({ one, choose }: { one: Unserved; choose: (hit: Hit) => void }) {
  return (
    <li>
      <button type="button" class="plain" onClick={() => choose({ kind: "settlement", id: one.settlement })}>
        {one.name}
      </button>{" "}
      <span class="dim">{t("pupils", { n: number(one.pupils) })}</span>
      <p>{said(one)}</p>
    </li>
  );
}

function ClashRow({ clash, look }: { clash: Clash; look: (focus: Focus) => void }) {
  return (
    <li>
      <strong>{word("rule", clash.rule)}</strong>{" "}
      <span class={clash.verified ? "badge" : "badge badge-warn"}>
        {clash.verified ? t("clash.verified") : t("clash.unverified")}
      </span>
      <p>{said(clash)}</p>
      <p class="dim">
        {t("clash.sums", { pupils: number(clash.pupils), places: number(clash.places) })}{" "}
        <button type="button" class="plain" onClick={() => look(clash)}>
          {t("map.show")}
        </button>
      </p>
    </li>
  );
}
