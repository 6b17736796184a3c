/** How good a plan is, how it was made, what it rests on and what it breaks. */

import { number, percent, seconds, yuan } from "../format";
import { language, said, t, word } from "../language";
import type { BrokenRule, NormUse, PlanDocument } from "../wire";
import { Facts, TrustMark } from "./basic";
import { StatusMark } from "./marks";

export function CertificateBox({ document: plan }: { document: PlanDocument }) {
  const { certificate } = plan;
  return (
    <div class="certificate">
      <p>
        <StatusMark status={certificate.status} />{" "}
        {certificate.stopped && <span class="badge">{t("certificate.stopped")}</span>}
      </p>
      <p class="dim">{word("status_hint", certificate.status)}</p>
      <Facts
        rows={[
          [t("plan.objective"), yuan(certificate.objective)],
          [t("run.bound"), yuan(certificate.bound)],
          [t("run.gap"), percent(certificate.gap)],
        ]}
      />
      <PartBars parts={certificate.parts} />
      <Checker broken={plan.rules_broken} hasPlan={certificate.objective !== null} />
      <TravelMark travel={plan.travel} />
      <Notices notices={plan.notices} />
      <ForecastNotes forecast={plan.forecast} />
      <details class="fold">
        <summary>{t("certificate.how")}</summary>
        <Facts
          rows={[
            [t("certificate.method"), certificate.method],
            [t("solve.seed"), String(certificate.seed)],
            [t("run.seconds"), seconds(certificate.seconds)],
            [t("certificate.deterministic"), certificate.deterministic ? t("yes") : t("no")],
            [t("certificate.dataset"), plan.dataset_title],
            [t("dataset.hash"), <code title={plan.dataset_hash}>{plan.dataset_hash.slice(0, 16)}…</code>],
            ...Object.entries(plan.versions).map(([name, version]) => [name, version] as const),
          ]}
        />
      </details>
    </div>
  );
}

/** The objective by part: bars beside figures. */
function PartBars({ parts }: { parts: Record<string, number> }) {
  const rows = Object.entries(parts).filter(([, amount]) => amount !== 0);
  const most = Math.max(1, ...rows.map(([, amount]) => Math.abs(amount)));
  if (rows.length === 0) return null;
  return (
    <table class="bars">
      <caption>{t("certificate.parts")}</caption>
      <tbody>
        {rows.map(([name, amount]) => (
          <tr>
            <th scope="row">{word("part", name)}</th>
            <td class="bar">
              <span style={{ width: `${(Math.abs(amount) / most) * 100}%` }} />
            </td>
            <td class="numeric">{yuan(amount)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

export function Checker({ broken, hasPlan }: { broken: readonly BrokenRule[]; hasPlan: boolean }) {
  if (!hasPlan) return null;
  const hard = broken.filter((rule) => rule.hard);
  const soft = broken.filter((rule) => !rule.hard);
  return (
    <div class="checker">
      <p class={hard.length > 0 ? "notice notice-bad" : "notice notice-good"} data-hard-broken={hard.length}>
        <span aria-hidden="true">{hard.length > 0 ? "✕" : "✓"}</span>{" "}
        {hard.length > 0 ? t("checker.hard", { count: hard.length }) : t("checker.none")}
      </p>
      <BrokenList rules={hard} />
      {soft.length > 0 && (
        <details class="fold">
          <summary>{t("checker.soft", { count: soft.length })}</summary>
          <BrokenList rules={soft} />
        </details>
      )}
    </div>
  );
}

function BrokenList({ rules }: { rules: readonly BrokenRule[] }) {
  if (rules.length === 0) return null;
  return (
    <ul class="notes">
      {rules.map((rule) => (
        <li>
          <strong>{word("rule", rule.rule)}</strong> {said(rule)}
        </li>
      ))}
    </ul>
  );
}

/** 直线估算: minutes that no road network stands behind. */
export function TravelMark({ travel }: { travel: PlanDocument["travel"] }) {
  if (!travel.estimate) return <RoadFacts travel={travel} />;
  return (
    <p class="notice notice-warn">
      <strong>{t("travel.estimate")}</strong>{" "}
      {t("travel.estimate.hint", {
        speed: number(travel.km_per_hour, 1),
        detour: number(travel.detour, 2),
      })}
    </p>
  );
}

/** How minutes were found on roads. */
function RoadFacts({ travel }: { travel: PlanDocument["travel"] }) {
  const { slope, limit_on, starts, closures = [], network_hash: hash } = travel;
  return (
    <Facts
      rows={[
        [t("travel.means"), word("means", travel.mode)],
        [t("travel_field.slope"), travel.has_relief === false ? t("roads.relief.none") : word("slope", slope)],
        [t("travel_field.limit_on"), word("limit_on", limit_on)],
        [t("travel_field.starts"), word("starts", starts)],
        [t("travel.walk_kmh"), travel.walk_km_per_hour ? t("kmh", { n: number(travel.walk_km_per_hour, 1) }) : t("none")],
        [t("travel.far"), number((travel.far_settlements?.length ?? 0) + (travel.far_schools?.length ?? 0))],
        [t("closures"), closures.length > 0 ? closures.join(t("list.comma")) : t("closures.none")],
        [t("roads"), hash ? <code title={hash}>{hash.slice(0, 16)}…</code> : t("none")],
      ]}
    />
  );
}

/** Codes of notices that the page marks in its own way already. */
const MARKED = ["straight-line", "synthetic"];

function Notices({ notices }: { notices: PlanDocument["notices"] }) {
  const others = notices.filter((notice) => !MARKED.includes(notice.code));
  if (others.length === 0) return null;
  return (
    <details class="fold" open={others.length <= 3}>
      <summary>{t("notices", { count: others.length })}</summary>
      <ul class="notes">
        {others.map((notice) => (
          <li>{notice[language()]}</li>
        ))}
      </ul>
    </details>
  );
}

/** What the forecast of the pupils assumed, held or left out. */
function ForecastNotes({ forecast }: { forecast: PlanDocument["forecast"] }) {
  const notes = (language() === "zh" ? forecast.notes_zh : forecast.notes) ?? [];
  if (notes.length === 0) return null;
  return (
    <details class="fold">
      <summary>{t("forecast.notes", { count: notes.length })}</summary>
      <ul class="notes">
        {notes.map((note) => (
          <li>{note}</li>
        ))}
      </ul>
    </details>
  );
}

/** Norms used, each with source and trust. */
export function NormsUsed({ document: plan }: { document: PlanDocument }) {
  return <NormTable norms={plan.norms_used} broken={new Set(plan.rules_broken.map((rule) => rule.norm))} />;
}

interface NormTableProps {
  norms: readonly NormUse[];
  /** Keys of norms that are broken; not given where nothing is judged by them. */
  broken?: ReadonlySet<string | null>;
}

/** Norms with source and trust, and whether they are kept. */
export function NormTable({ norms, broken }: NormTableProps) {
  return (
    <div class="table-scroll" tabIndex={0} role="region" aria-label={t("plan.norms")}>
      <table>
        <thead>
          <tr>
            <th scope="col">{t("norm")}</th>
            <th scope="col" class="numeric">
              {t("norm.value")}
            </th>
            <th scope="col">{t("norm.kind")}</th>
            <th scope="col">{t("norm.level")}</th>
            <th scope="col">{t("norm.source")}</th>
            <th scope="col">{t("norm.trust")}</th>
            {broken && <th scope="col">{t("norm.kept")}</th>}
          </tr>
        </thead>
        <tbody>
          {norms.map((norm) => (
            <tr>
              <th scope="row">
                {word("norm", norm.key)}
                <small>{norm.stage ? word("stage", norm.stage) : norm.key}</small>
              </th>
              <td class="numeric">
                {number(norm.value, 2)} <small>{word("unit", norm.unit)}</small>
              </td>
              <td>{word("norm_kind", norm.kind)}</td>
              <td>{word("norm_level", norm.level)}</td>
              <td>{norm.source}</td>
              <td>
                <TrustMark trust={norm.trust} />
              </td>
              {broken && (
                <td>{broken.has(norm.key) ? <span class="badge badge-bad">{t("norm.broken")}</span> : t("norm.held")}</td>
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
