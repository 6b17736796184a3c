/** The frame of the page: who is signed in, where to go, and the view of the present route. */

import { useEffect, useState } from "preact/hooks";

import { api, type Problem, session } from "./api";
import { language, speak, t, word } from "./language";
import { asProblem } from "./load";
import { ProblemBox, Waiting } from "./parts/basic";
import { link, readRoute, type Route } from "./route";
import { Comparisons } from "./views/comparisons";
import { DatasetView } from "./views/dataset";
import { Datasets } from "./views/datasets";
import { ForecastView } from "./views/forecast";
import { Forecasts } from "./views/forecasts";
import { PlanView } from "./views/plan";
import { Plans } from "./views/plans";
import { Reports } from "./views/reports";
import { RunView } from "./views/run";
import { Runs } from "./views/runs";
import { ScenarioForm } from "./views/scenario_form";
import { Scenarios } from "./views/scenarios";
import { Schedules } from "./views/schedules";
import { SignIn } from "./views/sign_in";
import type { Me } from "./wire";
import type { WordingKey } from "./wording";

const PLACES: readonly { name: string; key: WordingKey }[] = [
  { name: "datasets", key: "nav.datasets" },
  { name: "forecasts", key: "nav.forecasts" },
  { name: "reports", key: "nav.reports" },
  { name: "scenarios", key: "nav.scenarios" },
  { name: "runs", key: "nav.runs" },
  { name: "plans", key: "nav.plans" },
  { name: "comparisons", key: "nav.comparisons" },
  { name: "schedules", key: "nav.schedules" },
];

/** Set in this browser from sign-in to sign-out, so that a first visit asks the service nothing it must refuse. */
const MAY_BE_SIGNED_IN = "junheng.signed_in";

export function App() {
  const [me, setMe] = useState<Me | null>(null);
  const [known, setKnown] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [route, setRoute] = useState<Route>(readRoute());
  const [, setSpoken] = useState(language());

  useEffect(() => {
    const follow = () => {
      setRoute(readRoute());
      window.scrollTo(0, 0);
    };
    window.addEventListener("hashchange", follow);
    return () => window.removeEventListener("hashchange", follow);
  }, []);

  const askWho = () => {
    localStorage.setItem(MAY_BE_SIGNED_IN, "yes");
    api.me().then(
      (answer) => {
        setMe(answer);
        setProblem(null);
        setKnown(true);
      },
      (error: unknown) => {
        const refusal = asProblem(error);
        if (refusal.status !== 401) setProblem(refusal);
        setKnown(true);
      },
    );
  };
  const forget = () => {
    localStorage.removeItem(MAY_BE_SIGNED_IN);
    setMe(null);
    setProblem(null);
    setKnown(true);
  };
  useEffect(() => {
    session.addEventListener("out", forget);
    return () => session.removeEventListener("out", forget);
  }, []);
  useEffect(localStorage.getItem(MAY_BE_SIGNED_IN) ? askWho : forget, []);

  useEffect(() => {
    const place = PLACES.find((one) => one.name === route.name);
    document.title = place ? `${t(place.key)} · ${t("brand")}` : t("brand");
  });

  const signOut = () => {
    api.signOut().then(forget, (error: unknown) => setProblem(asProblem(error)));
  };
  const switchLanguage = () => {
    speak(language() === "zh" ? "en" : "zh");
    setSpoken(language());
  };

  return (
    <>
      <a class="skip" href="#content" onClick={skipToContent}>
        {t("skip")}
      </a>
      <header class="top">
        <a class="brand" href={link("datasets")}>
          <BrandMark />
          <span>
            <strong>{t("brand")}</strong>
            <small>{t("brand.what")}</small>
          </span>
        </a>
        {me && (
          <nav aria-label={t("nav")}>
            {PLACES.map((place) => (
              <a href={link(place.name)} aria-current={place.name === route.name ? "page" : undefined}>
                {t(place.key)}
              </a>
            ))}
          </nav>
        )}
        <div class="top-end">
          <button type="button" class="quiet" onClick={switchLanguage} lang={language() === "zh" ? "en" : "zh-CN"}>
            {language() === "zh" ? "English" : "中文"}
          </button>
          {me && (
            <>
              <span class="who" title={`${word("role", me.role)} · ${word("level", me.level)} ${me.division ?? ""}`}>
                {me.name}
              </span>
              <button type="button" class="quiet" onClick={signOut}>
                {t("sign_out")}
              </button>
            </>
          )}
        </div>
      </header>
      <main id="content" tabIndex={-1}>
        <ProblemBox problem={problem} />
        {!known && <Waiting />}
        {known && !me && !problem && <SignIn onSignedIn={askWho} />}
        {me && <View route={route} me={me} />}
      </main>
      <footer class="foot">{t("decides")}</footer>
    </>
  );
}

function skipToContent(event: Event): void {
  event.preventDefault();
  document.getElementById("content")?.focus();
}

function BrandMark() {
  return (
    <svg class="brand-mark" viewBox="0 0 32 32" aria-hidden="true">
      <path d="M16 6v18M9 25h14M6 11h20" stroke="#fff" stroke-width="2.2" stroke-linecap="round" fill="none" />
      <path d="M6 11l-3.4 8h6.8zM26 11l-3.4 8h6.8z" fill="#f2c14e" />
    </svg>
  );
}

function View({ route, me }: { route: Route; me: Me }) {
  const mayPlan = me.role !== "reader";
  const baseMapUrl = me.base_map_url ?? null;
  switch (route.name) {
    case "datasets":
      return route.id ? (
        <DatasetView key={route.id} id={route.id} baseMapUrl={baseMapUrl} mayPlan={mayPlan} />
      ) : (
        <Datasets me={me} mayPlan={mayPlan} />
      );
    case "forecasts":
      return route.id ? (
        <ForecastView key={route.id} id={route.id} query={route.query} baseMapUrl={baseMapUrl} mayPlan={mayPlan} />
      ) : (
        <Forecasts query={route.query} mayPlan={mayPlan} />
      );
    case "reports":
      return <Reports key={route.query.toString()} id={route.id} query={route.query} me={me} mayPlan={mayPlan} />;
    case "scenarios":
      if (route.id === "new") return <ScenarioForm key={route.query.toString()} query={route.query} />;
      return <Scenarios mayPlan={mayPlan} />;
    case "runs":
      return route.id ? <RunView key={route.id} id={route.id} mayPlan={mayPlan} /> : <Runs />;
    case "plans":
      return route.id ? (
        <PlanView key={route.id} id={route.id} baseMapUrl={baseMapUrl} mayPlan={mayPlan} />
      ) : (
        <Plans />
      );
    case "comparisons":
      return <Comparisons query={route.query} baseMapUrl={baseMapUrl} />;
    case "schedules":
      return <Schedules id={route.id} mayPlan={mayPlan} />;
    default:
      return <p class="empty">{t("nowhere")}</p>;
  }
}
