/** One forecast: how its making stands, then all it says, a tab for each question. */

import type { VNode } from "preact";
import { useEffect, useState } from "preact/hooks";

import { api, files, type Problem } from "../api";
import { moment, seconds } from "../format";
import { refusal, t, word } from "../language";
import { asProblem } from "../load";
import { Facts, Panel, ProblemBox, SyntheticBadge, Tabs, Waiting } from "../parts/basic";
import { StateMark } from "../parts/marks";
import { link } from "../route";
import type { StoredForecast } from "../wire";
import type { WordingKey } from "../wording";
import { AccuracyTab } from "./forecast/accuracy";
import { BalanceTab } from "./forecast/balance";
import { MethodTab } from "./forecast/method";
import { BoardingTab } from "./forecast/boarding";
import { MigrantsTab } from "./forecast/migrants";
import { OutlookTab } from "./forecast/outlook";
import { PeaksTab } from "./forecast/peaks";
import { PyramidTab } from "./forecast/pyramid";
import { SmallClassesTab } from "./forecast/small_classes";
import { SourcesTab } from "./forecast/sources";
import type { TabProps } from "./forecast/tab";
import { WarningMapTab } from "./forecast/warning_map";
import { WarningTableTab } from "./forecast/warning_table";
import { recipeSummary, WarningCounts } from "./forecasts";

const LOOK_MS = 1500;

const TABS = [
  "outlook",
  "balance",
  "map",
  "warnings",
  "peaks",
  "small",
  "migrants",
  "boarding",
  "pyramid",
  "accuracy",
  "sources",
  "method",
] as const;
type TabName = (typeof TABS)[number];

interface ForecastViewProps {
  id: string;
  query: URLSearchParams;
  baseMapUrl: string | null;
  mayPlan: boolean;
}

export function ForecastView({ id, query, baseMapUrl, mayPlan }: ForecastViewProps) {
  const [forecast, setForecast] = useState<StoredForecast | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);

  useEffect(() => {
    let open = true;
    let waiting = 0;
    const look = () =>
      api.storedForecast(id).then(
        (now) => {
          if (!open) return;
          setForecast(now);
          setProblem(null);
          if (!ended(now)) waiting = window.setTimeout(look, LOOK_MS);
        },
        (error: unknown) => {
          if (!open) return;
          const refused = asProblem(error);
          setProblem(refused);
          if (refused.status === 0) waiting = window.setTimeout(look, LOOK_MS);
        },
      );
    look();
    return () => {
      open = false;
      window.clearTimeout(waiting);
    };
  }, [id]);

  if (!forecast) return problem ? <ProblemBox problem={problem} /> : <Waiting />;
  return (
    <>
      <ForecastHead forecast={forecast} mayPlan={mayPlan} onChange={setForecast} onProblem={setProblem} />
      <ProblemBox problem={problem} />
      {forecast.summary && forecast.state === "done" ? (
        <ForecastTabs forecast={forecast} query={query} baseMapUrl={baseMapUrl} />
      ) : (
        <Progress forecast={forecast} />
      )}
    </>
  );
}

const ended = ({ state }: StoredForecast): boolean => state === "done" || state === "failed" || state === "cancelled";

interface HeadProps {
  forecast: StoredForecast;
  mayPlan: boolean;
  onChange: (forecast: StoredForecast) => void;
  onProblem: (problem: Problem) => void;
}

function ForecastHead({ forecast, mayPlan, onChange, onProblem }: HeadProps) {
  const [asked, setAsked] = useState(false);
  const cancel = () => {
    setAsked(true);
    api.cancelForecast(forecast.id).then(onChange, (error: unknown) => {
      setAsked(false);
      onProblem(asProblem(error));
    });
  };
  return (
    <div class="title-row">
      <div>
        <p class="crumb">
          <a href={link("forecasts")}>{t("nav.forecasts")}</a> ·{" "}
          <a href={link("datasets", forecast.dataset_id)}>{t("dataset.open")}</a>
        </p>
        <h1>
          {t("forecast.of", { title: forecast.title })} <SyntheticBadge synthetic={forecast.synthetic} />
        </h1>
        <p class="sub">
          {recipeSummary(forecast.recipe)} · <StateMark state={forecast.state} /> · {moment(forecast.created_at)}
          {forecast.summary && (
            <>
              {" "}
              · {t("forecast.warnings")} <WarningCounts forecast={forecast} />
            </>
          )}
        </p>
      </div>
      <div class="actions">
        {mayPlan && !ended(forecast) && (
          <button type="button" disabled={asked} onClick={cancel}>
            {t("forecast.cancel")}
          </button>
        )}
        {forecast.state === "done" && (
          <>
            <a class="button" href={files.forecastWorkbook(forecast.id)} download>
              {t("forecast.workbook")}
            </a>
            {mayPlan && (
              <a class="button primary" href={link("reports", null, { forecast: forecast.id })}>
                {t("report.make")}
              </a>
            )}
          </>
        )}
      </div>
    </div>
  );
}

/** What happens while no figure is there yet, or why there is none. */
function Progress({ forecast }: { forecast: StoredForecast }) {
  return (
    <Panel title={t("forecast.progress")}>
      <div class="run-state" aria-live="polite" data-forecast-state={forecast.state}>
        <StateMark state={forecast.state} />
        <span>{sentence(forecast)}</span>
      </div>
      {!ended(forecast) && <progress aria-label={t("forecast.progress")} />}
      <Facts
        rows={[
          [t("dataset.division"), forecast.division],
          [t("created"), `${moment(forecast.created_at)} · ${forecast.created_by}`],
          [t("run.started"), moment(forecast.started_at)],
          [t("run.seconds"), seconds(forecast.seconds)],
        ]}
      />
    </Panel>
  );
}

function sentence(forecast: StoredForecast): string {
  if (forecast.state === "running") return forecast.phase ? word("forecast_phase", forecast.phase) : t("forecast.working");
  if (forecast.state === "failed") return forecast.error ? refusal(forecast.error) : t("forecast.failed");
  return word("forecast_hint", forecast.state);
}

const VIEWS: Record<TabName, (props: TabProps) => VNode> = {
  outlook: OutlookTab,
  balance: BalanceTab,
  map: WarningMapTab,
  warnings: WarningTableTab,
  peaks: PeaksTab,
  small: SmallClassesTab,
  migrants: MigrantsTab,
  boarding: BoardingTab,
  pyramid: PyramidTab,
  accuracy: AccuracyTab,
  sources: SourcesTab,
  method: MethodTab,
};

interface ForecastTabsProps extends TabProps {
  query: URLSearchParams;
}

function ForecastTabs({ forecast, query, baseMapUrl }: ForecastTabsProps) {
  const asked = TABS.find((name) => name === query.get("tab"));
  const [tab, setTab] = useState<TabName>(asked ?? TABS[0]);
  // Another address of the same forecast asks for its own part.
  useEffect(() => setTab(asked ?? TABS[0]), [query]);
  const choose = (name: TabName) => {
    setTab(name);
    // The address can be sent on, and no view is loaded anew for it.
    history.replaceState(null, "", link("forecasts", forecast.id, { tab: name }));
  };
  const View = VIEWS[tab];
  return (
    <>
      <Tabs
        label={t("forecast.tabs")}
        chosen={tab}
        choose={choose}
        tabs={TABS.map((name) => ({ name, text: t(`forecast_tab.${name}` satisfies WordingKey) }))}
      />
      <div role="tabpanel" aria-label={t(`forecast_tab.${tab}` satisfies WordingKey)}>
        <View key={tab} forecast={forecast} baseMapUrl={baseMapUrl} />
      </div>
    </>
  );
}
