/** One run, live: best plan, proved bound and gap; stop and keep the best, or cancel. */

import { useEffect, useState } from "preact/hooks";

import { api, type Problem } from "../api";
import { ProgressChart } from "../charts/progress_chart";
import { moment, percent, seconds, yuan } from "../format";
import { refusal, t, word } from "../language";
import { asProblem, useLoaded } from "../load";
import { Facts, Panel, ProblemBox, SyntheticBadge, Waiting } from "../parts/basic";
import { StateMark } from "../parts/marks";
import { go, link } from "../route";
import type { Run } from "../wire";

const ended = (run: Run): boolean => run.state === "done" || run.state === "failed" || run.state === "cancelled";

export function RunView({ id, mayPlan }: { id: string; mayPlan: boolean }) {
  const [run, setRun] = useState<Run | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const fail = (error: unknown) => setProblem(asProblem(error));

  useEffect(() => {
    let stopWatching = () => {};
    let open = true;
    const finish = () =>
      api.run(id).then((last) => {
        if (!open) return;
        setRun(last);
        if (last.plan_id) go(link("plans", last.plan_id));
      }, fail);
    api.run(id).then((first) => {
      if (!open) return;
      setRun(first);
      if (!ended(first)) stopWatching = api.watchRun(id, setRun, finish);
    }, fail);
    return () => {
      open = false;
      stopWatching();
    };
  }, [id]);

  if (!run) return problem ? <ProblemBox problem={problem} /> : <Waiting />;
  return <RunPanel run={run} problem={problem} mayPlan={mayPlan} fail={fail} />;
}

interface RunPanelProps {
  run: Run;
  problem: Problem | null;
  mayPlan: boolean;
  fail: (error: unknown) => void;
}

function RunPanel({ run, problem, mayPlan, fail }: RunPanelProps) {
  const scenario = useLoaded(() => api.scenario(run.scenario_id), [run.scenario_id]);
  const dataset = useLoaded(() => api.dataset(run.dataset_id), [run.dataset_id]);
  const [asked, setAsked] = useState(false);
  const ask = (order: (id: string) => Promise<unknown>) => {
    setAsked(true);
    order(run.id).catch((error: unknown) => {
      setAsked(false);
      fail(error);
    });
  };
  const asking = scenario.value?.scenario;
  return (
    <>
      <div class="title-row">
        <div>
          <p class="crumb">
            <a href={link("runs")}>{t("nav.runs")}</a>
          </p>
          <h1>
            {asking?.title ?? t("run")} <SyntheticBadge synthetic={dataset.value?.synthetic ?? false} />
          </h1>
        </div>
        <div class="actions">
          {mayPlan && !ended(run) && (
            <>
              <button type="button" class="primary" disabled={asked || run.best === null} onClick={() => ask(api.stopRun)}>
                {t("run.stop")}
              </button>
              <button type="button" disabled={asked} onClick={() => ask(api.cancelRun)}>
                {t("run.cancel")}
              </button>
            </>
          )}
          {run.plan_id && (
            <a class="button primary" href={link("plans", run.plan_id)}>
              {t("plan.open")}
            </a>
          )}
        </div>
      </div>
      <ProblemBox problem={problem} />
      <div class="run-state" aria-live="polite" data-run-state={run.state}>
        <StateMark state={run.state} />
        <span>{sentence(run, asked)}</span>
      </div>
      <ul class="measures">
        <Measure name={t("run.best")} value={yuan(run.best)} hint={t("run.best.hint")} />
        <Measure name={t("run.bound")} value={yuan(run.bound)} hint={t("run.bound.hint")} />
        <Measure name={t("run.gap")} value={percent(run.gap)} hint={t("run.gap.hint")} />
        <Measure
          name={t("run.seconds")}
          value={seconds(run.seconds)}
          hint={t("run.limit", { n: run.solve.seconds })}
        />
      </ul>
      <div class="columns columns-wide-left">
        <Panel title={t("run.chart")}>
          {run.history.length > 0 ? <ProgressChart history={run.history} /> : <p class="empty">{t("run.chart.none")}</p>}
        </Panel>
        <Panel title={t("run.facts")}>
          <Facts
            rows={[
              [t("stage"), asking ? word("stage", asking.stage) : t("none")],
              [t("scenario.year"), asking ? String(asking.target_year) : t("none")],
              [t("dataset.division"), run.division],
              [t("created"), moment(run.created_at)],
              [t("run.started"), moment(run.started_at)],
              [t("run.ended"), moment(run.ended_at)],
              [t("dataset"), <a href={link("datasets", run.dataset_id)}>{dataset.value?.title ?? t("dataset.open")}</a>],
            ]}
          />
        </Panel>
      </div>
    </>
  );
}

export function Measure({ name, value, hint }: { name: string; value: string; hint?: string }) {
  return (
    <li>
      <span>{name}</span>
      <strong>{value}</strong>
      {hint && <small>{hint}</small>}
    </li>
  );
}

function sentence(run: Run, asked: boolean): string {
  if (run.state === "running") return asked || run.wish !== "none" ? t("run.stopping") : phase(run);
  if (run.state === "failed") return run.error ? refusal(run.error) : t("run.failed");
  return word("state_hint", run.state);
}

const phase = (run: Run): string => (run.phase ? word("phase", run.phase) : t("run.preparing"));
