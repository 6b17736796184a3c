/** Sign in: a token becomes a cookie that scripts cannot read. */

import { useState } from "preact/hooks";

import { api, type Problem } from "../api";
import { t } from "../language";
import { asProblem } from "../load";
import { Field, ProblemBox } from "../parts/basic";

export function SignIn({ onSignedIn }: { onSignedIn: () => void }) {
  const [token, setToken] = useState("");
  const [problem, setProblem] = useState<Problem | null>(null);
  const submit = (event: Event) => {
    event.preventDefault();
    api.signIn(token.trim()).then(onSignedIn, (error: unknown) => setProblem(asProblem(error)));
  };
  const wrongToken = problem?.status === 401 || problem?.status === 403;
  return (
    <div class="sign-in">
      <form class="panel" onSubmit={submit} aria-label={t("sign_in")}>
        <h1>{t("sign_in.title")}</h1>
        <p>{t("sign_in.hint")}</p>
        <Field label={t("sign_in.token")}>
          <input
            type="password"
            autocomplete="current-password"
            required
            value={token}
            onInput={(event) => setToken(event.currentTarget.value)}
          />
        </Field>
        {wrongToken ? (
          <div class="notice notice-bad" role="alert">
            {t("sign_in.wrong")}
          </div>
        ) : (
          <ProblemBox problem={problem} />
        )}
        <button type="submit" class="primary" disabled={!token.trim()}>
          {t("sign_in")}
        </button>
      </form>
    </div>
  );
}
