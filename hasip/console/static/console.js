// What makes pages live. Without it every page works, and shows what was true when it was loaded.
"use strict";

const LOOK_MS = 3000;                       // how often a page looks for news by itself
const SOON_MS = 150;                        // after word of a change; several come together
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
const forms = {
  moment: {day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23"},
  time: {hour: "2-digit", minute: "2-digit", hourCycle: "h23"},
  date: {day: "numeric", month: "short"},
};

// Times are written in UTC; here they become those of whoever reads.
function tellLocalTimes(root) {
  for (const element of root.querySelectorAll("[data-form]")) {
    const at = element.dataset.at ? new Date(Number(element.dataset.at) * 1000) : new Date(element.getAttribute("datetime"));
    element.textContent = new Intl.DateTimeFormat("en-GB", forms[element.dataset.form]).format(at);
  }
}

// A field that belongs to another choice is out of the way.
function showWhatIsChosen() {
  for (const group of document.querySelectorAll("[data-shown-with]")) {
    const [name, value] = group.dataset.shownWith.split("=");
    const chosen = document.querySelector(`input[name="${name}"]:checked`);
    group.hidden = Boolean(chosen) && chosen.value !== value;
  }
}

// Live parts are exchanged when they have changed, but never under somebody's hands.
function exchange(fresh) {
  for (const part of document.querySelectorAll("[data-live]")) {
    const news = fresh.getElementById(part.id);
    if (!news || news.innerHTML === part.innerHTML) continue;
    const focused = part.contains(document.activeElement) ? document.activeElement : null;
    if (focused && focused.matches("input, select, textarea")) continue;
    const place = focused ? [...part.querySelectorAll("a, button, [tabindex]")].indexOf(focused) : -1;
    const scrolled = [...part.querySelectorAll(".scroll")].map((each) => each.scrollLeft);
    const before = part.querySelector("h1 .pill")?.textContent;
    part.innerHTML = news.innerHTML;
    const after = part.querySelector("h1 .pill")?.textContent;
    if (after !== before) document.querySelector("[data-announcement]").textContent = part.querySelector("h1").textContent;
    part.querySelectorAll(".scroll").forEach((each, index) => { each.scrollLeft = scrolled[index] || 0; });
    if (place >= 0) part.querySelectorAll("a, button, [tabindex]")[place]?.focus({preventScroll: true});
  }
}

function say(sentence) {
  const teller = document.querySelector("[data-live-state]");
  if (teller && teller.textContent !== sentence) teller.textContent = sentence;
}

let isLooking = false;

async function look() {
  if (isLooking || document.hidden) return;
  isLooking = true;
  try {
    const answer = await fetch(location.href);
    if (answer.redirected && new URL(answer.url).pathname === "/sign-in") {
      location.assign(answer.url);
    } else if (answer.ok) {
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
      tellLocalTimes(fresh);
      exchange(fresh);
      say("Live: this page keeps itself up to date.");
    } else {
      say("Not up to date: the node did not answer as it should. Trying again.");
    }
  } catch {
    say("Not up to date: the node can't be reached. Trying again.");
  } finally {
    isLooking = false;
  }
}

const here = new URL(location.href);
here.searchParams.delete("done");            // what was done is told once
history.replaceState(null, "", here);
tellLocalTimes(document);
showWhatIsChosen();
document.addEventListener("change", showWhatIsChosen);
for (const teller of document.querySelectorAll("[data-zone]")) teller.textContent = zone === "UTC" ? "Times are UTC." : `Times are those of ${zone.replaceAll("_", " ")}.`;
document.querySelector(".tabs [aria-current]")?.scrollIntoView({block: "nearest", inline: "center"});

if (document.querySelector("[data-live]")) {
  const trunk = document.body.dataset.trunk;
  let soon = 0, source = null;
  const follow = () => {              // a hidden page keeps no connection: browsers have six for a host
    if (document.hidden) {
      source?.close();
      source = null;
    } else if (!source) {
      source = new EventSource("/live" + (trunk ? `?trunk=${encodeURIComponent(trunk)}` : ""));
      source.onmessage = () => { clearTimeout(soon); soon = setTimeout(look, SOON_MS); };
      look();
    }
  };
  follow();
  setInterval(look, LOOK_MS);
  document.addEventListener("visibilitychange", follow);
}
