"use strict";

const byId = (id) => document.getElementById(id);
const ENDED = new Set(["COMPLETE", "CANCELLED", "REJECTED"]);

//: Which fields a kind of fault has besides those that every rule of its group has; a star marks what it needs.
const GROUPS = {
  "of a request": { match: ["method", "path", "symbol", "tag", "nth", "probability", "times"], kinds: {
    lost_request: ["", "the connection ends, and nothing is done"],
    lost_answer: ["", "it is done, and the connection ends without an answer"],
    error: ["code error_type words", "it is answered with an error, and nothing is done"],
    error_after: ["code error_type words", "it is done, and answered with an error"],
    html: ["code words", "it is answered with the page of a gateway, and nothing is done"],
    html_after: ["code words", "it is done, and answered with the page of a gateway"],
    empty_answer: ["", "it is done, and the answer has no body"],
    cut_answer: ["", "it is done, and half of the answer comes"],
    late_accept: ["seconds* code", "an order is answered with an error at once, and accepted later"],
    slow: ["seconds*", "it is done at once, and answered later"],
    hang: ["seconds*", "the whole server stands still, sockets included"],
    rate_limited: ["seconds*", "429, and so to all requests of the same limit"],
    stale_book: ["seconds*", "the orders are answered as they stood a while ago"],
    ignore_cancel: ["", "a cancellation is answered as if done, and is not"],
    ignore_modify: ["", "a modification is answered as if done, and is not"],
  } },
  "of an order": { match: ["symbol", "tag", "nth", "probability", "times"], kinds: {
    reject: ["words", "it gets its number, and is then rejected"],
    partial: ["parts", "so many parts of it trade, and the rest waits until it is cancelled"],
    stuck: ["status seconds", "it stays in a status; without seconds until the end of the day"],
    fail_slice: ["parts", "the last slices of an autosliced order fail"],
  } },
  "of an order update": { match: ["symbol", "tag", "nth", "probability", "times"], kinds: {
    lost_update: ["", "it is sent to nobody"],
    double_update: ["", "it is sent twice"],
    late_update: ["", "it is sent after the next one"],
  } },
  "of a frame of ticks": { match: ["symbol", "nth", "probability", "times"], kinds: {
    lost_frame: ["", "it is not sent"],
    double_frame: ["", "it is sent twice"],
    late_frame: ["", "it is sent after the next one"],
    corrupt_frame: ["", "bits of its prices are flipped"],
    garbage_frame: ["", "bytes that mean nothing come in its place"],
    cut_frame: ["", "its end is missing"],
    odd_packet: ["", "it holds a packet of a length that nobody knows"],
  } },
  "of a handshake": { match: ["nth", "probability", "times"], kinds: {
    refuse_socket: ["code", "a socket is refused; with 429 unless told otherwise"],
  } },
  "that happens": { match: ["at"], kinds: {
    drop: ["", "all sockets end"],
    mute: ["seconds", "open sockets say nothing more, not even heartbeats; without seconds for ever"],
    stall: ["seconds", "sockets send heartbeats and no ticks"],
    expire_token: ["", "the access token is dead; open sockets live on"],
    restart: ["seconds", "the server is gone for a while, and comes back with its book"],
    clock_skew: ["seconds until", "the server's stamps are off, forth or back"],
    halt: ["symbol seconds until", "nothing trades in the instrument, or in all"],
    freeze: ["symbol* side*", "the price stands at its limit, and this side of the depth is empty"],
    gap: ["symbol* percent*", "the price jumps, and stays there"],
    spike: ["symbol* percent* seconds", "one bad print is seen"],
    stale_prices: ["symbol seconds", "prices and stamps stand still, and ticks go on"],
    reissue_token: ["symbol*", "it has another instrument token, and nobody knows the old one"],
    foreign_order: ["symbol* side* quantity* price product tag", "somebody else in the account orders"],
    square_off: ["product", "the broker closes what is held"],
  } },
};
const CHOICES = {
  method: ["", "GET", "POST", "PUT", "DELETE"], side: ["", "BUY", "SELL"], product: ["MIS", "CNC", "NRML"],
  status: ["OPEN", "PUT ORDER REQ RECEIVED", "VALIDATION PENDING", "OPEN PENDING", "TRIGGER PENDING",
           "CANCEL PENDING", "MODIFY VALIDATION PENDING", "MODIFY PENDING", "AMO REQ RECEIVED"],
};
const NUMBERS = new Set(["nth", "probability", "times", "seconds", "code", "parts", "percent", "quantity", "price"]);
const WHOLE = new Set(["nth", "times", "code", "parts", "quantity"]);
const HINTS = { path: "/orders", at: "now, or 10:30:00", until: "15:00:00", nth: "each", times: "no limit", probability: "1",
                code: "usual", price: "market" };

const moment = (micros) => new Date(micros / 1000 + 19_800_000).toISOString();
const money = (value) => typeof value === "number"
  ? value.toLocaleString("en-IN", { minimumFractionDigits: 2, maximumFractionDigits: 4 }) : "";
const whole = (value) => typeof value === "number" ? value.toLocaleString("en-IN") : "";

//: Columns: heading, what of a row, and the class of a cell or what makes it of the row.
const TABLES = {
  orders: { key: (row) => row.order_id, empty: "No order yet today.", columns: [
    ["time", (row) => (row.order_timestamp ?? "").slice(11)], ["instrument", (row) => row.exchange + ":" + row.tradingsymbol],
    ["side", (row) => row.transaction_type, (row) => row.transaction_type === "BUY" ? "good" : "bad"],
    ["filled", (row) => `${whole(row.filled_quantity)} / ${whole(row.quantity)}`, "number"],
    ["price", (row) => row.price ? money(row.price) : "", "number"],
    ["average", (row) => row.average_price ? money(row.average_price) : "", "number"],
    ["status", (row) => row.status, (row) => ({ COMPLETE: "good", REJECTED: "bad", CANCELLED: "soft" })[row.status] ?? "warn"],
    ["", (row) => ENDED.has(row.status) ? "" : button("Act…", `Act on the order in ${row.tradingsymbol}`, () => act(row.order_id))],
    ["tag", (row) => row.tag], ["type", (row) => `${row.order_type} ${row.product}`],
    ["number", (row) => "…" + row.order_id.slice(-6)], ["by", (row) => row.placed_by],
    ["words", (row) => row.status_message, "words"],
  ] },
  trades: { key: (row) => row.trade_id, empty: "No trade yet today.", columns: [
    ["time", (row) => (row.fill_timestamp ?? "").slice(11)], ["order", (row) => "…" + row.order_id.slice(-6)],
    ["instrument", (row) => row.exchange + ":" + row.tradingsymbol], ["side", (row) => row.transaction_type],
    ["quantity", (row) => whole(row.quantity), "number"], ["price", (row) => money(row.average_price), "number"],
  ] },
  positions: { key: (row) => row.exchange + row.tradingsymbol + row.product, empty: "Nothing is held.", columns: [
    ["instrument", (row) => row.exchange + ":" + row.tradingsymbol], ["product", (row) => row.product],
    ["quantity", (row) => whole(row.quantity), "number"], ["average", (row) => money(row.average_price), "number"],
    ["last", (row) => money(row.last_price), "number"],
    ["P&L", (row) => money(row.pnl), (row) => `number ${row.pnl < 0 ? "bad" : "good"}`],
  ] },
  prices: { key: (row) => row.instrument, empty: "", columns: [
    ["instrument", (row) => button(row.instrument, `Name ${row.instrument} in the forms`, () => name(row.instrument), "link")],
    ["last", (row) => money(row.last_price), "number"], ["bid", (row) => money(row.bid), "number"],
    ["ask", (row) => money(row.ask), "number"], ["volume", (row) => row.volume ? whole(row.volume) : "", "number"],
    ["time", (row) => (row.time ?? "").slice(11)], ["token", (row) => row.token, "number soft"],
  ] },
  sockets: { key: (row) => row.number, empty: "No socket is open.", columns: [
    ["socket", (row) => row.number], ["api key", (row) => row.api_key],
    ["instruments", (row) => whole(row.instruments), "number"], ["", (row) => row.mute ? "mute" : "", "warn"],
  ] },
  faults: { key: (row) => row.place, empty: "Nothing is set: an ordinary day.", columns: [
    ["fault", (row) => row.fault.do, "warn"], ["rule", (row) => ruleOf(row.fault), "words"],
    ["met", (row) => row.met, "number"], ["taken", (row) => row.taken, "number"],
  ] },
};

let state = null, prices = [], running = 1, acted = null, busy = false;

async function call(name, method = "POST", asked = {}) {
  const options = { method };
  if (method === "POST") options.body = JSON.stringify(asked);
  const answer = await (await fetch("/sandbox/" + name, options)).json();
  if (answer.status !== "success") throw new Error(answer.message);
  return answer.data;
}

function say(words, bad = false) {
  byId("said").textContent = words;
  byId("said").classList.toggle("bad", bad);
}

//: Do something, say what came of it, and show what it changed.
async function tell(doing, words) {
  try {
    const found = await doing();
    say(typeof words === "function" ? words(found) : words);
  } catch (error) {
    say(error.message, true);
  }
  await show();
}

function button(text, label, press, kind = "") {
  return { text: String(text), make() {
    const made = Object.assign(document.createElement("button"), { type: "button", className: kind });
    made.setAttribute("aria-label", label);
    made.addEventListener("click", press);
    return made;
  } };
}

//: Rows stay the elements that they are, so that whoever has tabbed to one is still there a second later.
function fill(id, rows) {
  const { key, columns, empty } = TABLES[id], table = byId(id);
  if (!rows.length) {
    table.replaceChildren();
    if (empty) table.insertRow().append(Object.assign(document.createElement("td"), { className: "empty", textContent: empty }));
    return;
  }
  if (!table.tHead) {
    table.replaceChildren();
    const head = table.createTHead().insertRow();
    for (const [heading, , kind] of columns) {
      const th = Object.assign(document.createElement("th"), { scope: "col", textContent: heading });
      if (typeof kind === "function" ? heading === "P&L" : kind?.includes("number")) th.className = "number";
      head.append(th);
    }
    table.createTBody();
  }
  const body = table.tBodies[0], known = new Map([...body.rows].map((tr) => [tr.dataset.key, tr]));
  rows.forEach((row, place) => {
    const name = String(key(row)), tr = known.get(name) ?? document.createElement("tr");
    known.delete(name);
    tr.dataset.key = name;
    columns.forEach(([, of, kind], column) => put(tr.cells[column] ?? tr.insertCell(), of(row), typeof kind === "function" ? kind(row) : kind));
    if (body.rows[place] !== tr) body.insertBefore(tr, body.rows[place] ?? null);
  });
  for (const gone of known.values()) gone.remove();
}

function put(cell, value, kind = "") {
  const text = value?.text ?? String(value ?? "");
  if (cell.className !== kind) cell.className = kind;
  if (cell.textContent === text && Boolean(cell.firstElementChild) === Boolean(value?.make)) return;
  if (value?.make) {
    const made = value.make();
    made.textContent = text;
    cell.replaceChildren(made);
  } else {
    cell.textContent = text;
  }
}

const USUAL = { probability: 1, parts: 1, status: "OPEN", product: "MIS" };

function ruleOf(fault) {
  const given = Object.entries(fault).filter(([name, value]) =>
    name !== "do" && value !== "" && value !== 0 && value !== null && value !== USUAL[name]);
  return given.map(([name, value]) => `${name} ${value}`).join(", ");
}

function lineOf(line) {
  const short = (number) => "…" + String(number ?? "").slice(-6), order = line.order ?? {}, trade = line.trade ?? {};
  switch (line.kind) {
    case "request": return `#${line.n} ${line.method} ${line.path} ${line.symbol || ""} ${line.tag || ""} ${line.token_ok ? "" : "(token is dead)"}`;
    case "answer": return `#${line.n} ${line.code || "nobody got one"} ${line.error_type ?? ""} ${line.message ?? ""} ${line.order_id ? short(line.order_id) : ""}`;
    case "state": return `${short(order.order_id)} ${order.tradingsymbol} ${order.status} ${order.filled_quantity}/${order.quantity} ${order.status_message ?? ""}`;
    case "trade": return `${short(trade.order_id)} ${trade.transaction_type} ${trade.quantity} ${trade.tradingsymbol} at ${trade.average_price}`;
    case "update": return `${short(line.order_id)} to socket ${line.socket ?? ""}`;
    case "socket": return `${line.socket ?? ""} ${line.what} ${line.tokens ? line.tokens.length + " instruments" : ""} ${line.mode ?? ""} ${line.code ?? ""}`;
    default: return Object.entries(line).filter(([name]) => !["kind", "ts", "wall", "at"].includes(name))
      .map(([name, value]) => `${name} ${Array.isArray(value) ? value.length : value}`).join(", ");
  }
}

function showAudit(lines) {
  const wanted = byId("shown").value.split(" ");
  let at = "";
  for (const line of lines) line.at = at = line.ts || line.wall ? moment(line.ts ?? line.wall).slice(11, 19) : at;
  const shown = lines.filter((line) => !wanted[0] || wanted.includes(line.kind)).reverse();
  const text = JSON.stringify(shown);
  if (byId("audit").dataset.text === text) return;
  byId("audit").dataset.text = text;
  byId("audit").replaceChildren(...shown.map((line) => {
    const li = document.createElement("li");
    const bad = line.kind === "answer" && (line.code >= 400 || !line.code), ended = line.order?.status;
    const kind = bad || ended === "REJECTED" ? "bad" : line.kind === "fault" ? "warn" : line.kind === "trade" ? "good" : "";
    for (const text of [line.at, line.kind, lineOf(line).replace(/ +/g, " ").trim()]) {
      li.append(Object.assign(document.createElement("span"), { textContent: text, className: kind }));
    }
    li.firstChild.className = "";
    return li;
  }));
}

function showHead() {
  const [date, time] = state.time.split(" "), still = state.speed === 0;
  byId("date").textContent = date;
  byId("time").textContent = time;
  byId("pace").textContent = still ? "stands still" : `${state.speed}×`;
  byId("pace").classList.toggle("still", still);
  byId("pause").textContent = still ? "Run" : "Pause";
  document.title = `${time} Kite sandbox`;
  for (const one of document.querySelectorAll("[data-speed]")) one.setAttribute("aria-pressed", Number(one.dataset.speed) === state.speed);
  const net = state.positions.net.reduce((sum, row) => sum + row.pnl, 0);
  const facts = { "logged in": state.logged_in.join(", ") || "nobody", requests: whole(state.requests), sockets: state.sockets.length,
                  "free margin": money(state.margins.equity.net), "P&L": money(net) };
  byId("summary").replaceChildren(...Object.entries(facts).map(([term, value]) => {
    const pair = document.createElement("div");
    pair.append(Object.assign(document.createElement("dt"), { textContent: term }), Object.assign(document.createElement("dd"), { textContent: value }));
    return pair;
  }));
}

async function show() {
  if (busy) return;
  busy = true;
  try {
    const seen = await Promise.all([call("state", "GET"), call("prices", "GET"), call("audit?last=120", "GET")]).catch(() => null);
    document.body.classList.toggle("gone", seen === null);
    if (seen === null) byId("pace").textContent = "the server is not there";
    else showAll(...seen);
  } finally {
    busy = false;
  }
}

function showAll(seen, seenPrices, audit) {
  [state, prices] = [seen, seenPrices];
  if (state.speed) running = state.speed;
  showHead();
  const working = state.orders.filter((row) => !ENDED.has(row.status)).length;
  byId("n-orders").textContent = `${state.orders.length} today, ${working} working`;
  byId("n-trades").textContent = state.trades.length;
  fill("orders", state.orders.toReversed());
  fill("trades", state.trades.toReversed());
  fill("positions", state.positions.net);
  fill("sockets", state.sockets);
  fill("faults", state.faults.map((one, place) => ({ ...one, place: `${place} ${one.fault.do}` })));
  fill("prices", prices);
  if (byId("symbols").childElementCount !== prices.length) {
    byId("symbols").replaceChildren(...prices.map((row) => Object.assign(document.createElement("option"), { value: row.instrument })));
  }
  showAudit(audit);
}

function name(instrument) {
  for (const field of document.querySelectorAll("input[name=symbol]")) field.value = instrument;
  say(`${instrument} is named in the forms.`);
}

function asked(form) {
  const found = {};
  for (const field of form.elements) {
    if (field.name && field.value !== "") found[field.name] = field.type === "number" ? Number(field.value) : field.value.trim();
  }
  return found;
}

// Orders ------------------------------------------------------------------------------------------

function act(number) {
  const row = state.orders.find((one) => one.order_id === number), form = byId("befall").elements;
  acted = number;
  byId("h-order").textContent = `${row.transaction_type} ${row.quantity} ${row.exchange}:${row.tradingsymbol}`;
  byId("order-state").textContent = `${row.order_id}: ${row.status}, ${row.pending_quantity} to go`;
  byId("order-said").textContent = "";
  form.quantity.value = row.pending_quantity || "";
  form.quantity.max = row.pending_quantity || "";
  form.price.value = row.price || prices.find((one) => one.instrument === `${row.exchange}:${row.tradingsymbol}`)?.last_price || "";
  form.words.value = "";
  byId("order").showModal();
}

byId("befall").addEventListener("submit", async (event) => {
  const what = event.submitter?.value ?? "trade", { quantity, price, words } = asked(event.target);
  if (!what) return;
  event.preventDefault();
  try {
    await call("happen", "POST", { order_id: acted, what, ...(what === "trade" ? { quantity, price } : { words: words ?? "" }) });
    byId("order").close();
    say(`It happened: ${what}.`);
  } catch (error) {
    byId("order-said").textContent = error.message;
  }
  await show();
});

byId("foreign").addEventListener("submit", (event) => {
  event.preventDefault();
  const { symbol, price, ...form } = asked(event.target), [exchange, tradingsymbol] = symbol.includes(":") ? symbol.split(":") : ["NSE", symbol];
  const kind = price ? { order_type: "LIMIT", price } : { order_type: "MARKET", market_protection: -1 };
  tell(() => call("external", "POST", { exchange, tradingsymbol, validity: "DAY", ...kind, ...form }), (number) => `Placed as ${number.order_id ?? number}.`);
});

// Faults ------------------------------------------------------------------------------------------

function fieldOf(named) {
  const needed = named.endsWith("*"), field = named.replace("*", ""), label = document.createElement("label");
  const input = document.createElement(CHOICES[field] ? "select" : "input");
  input.name = field;
  input.required = needed;
  for (const one of CHOICES[field] ?? []) input.append(new Option(one || (needed ? "" : "any"), one));
  if (!CHOICES[field]) {
    input.placeholder = HINTS[field] ?? "";
    if (NUMBERS.has(field)) Object.assign(input, { type: "number", step: WHOLE.has(field) ? 1 : "any" });
    if (field === "symbol") input.setAttribute("list", "symbols");
  }
  label.append(needed ? `${field} *` : field, " ", input);
  return label;
}

const kindOf = (chosen) => Object.entries(GROUPS).find(([, group]) => chosen in group.kinds);

function chooseFault() {
  const chosen = byId("do").value, [, group] = kindOf(chosen), [own, meaning] = group.kinds[chosen];
  const symbol = document.querySelector("#fields [name=symbol]")?.value ?? "";
  byId("meaning").textContent = meaning + ".";
  byId("fields").replaceChildren(...[...own.split(" ").filter(Boolean), ...group.match].map(fieldOf));
  const field = document.querySelector("#fields [name=symbol]");
  if (field) field.value = symbol;
  chooseTime();
}

function chooseTime() {
  const at = document.querySelector("#fields [name=at]");
  byId("set").textContent = at && !at.value ? "Let it happen now" : "Set this fault";
}

byId("fault").addEventListener("submit", (event) => {
  event.preventDefault();
  const rule = asked(event.target), now = byId("set").textContent === "Let it happen now";
  for (const field of ["at", "until"]) if (/^\d+(\.\d+)?$/.test(rule[field])) rule[field] = Number(rule[field]);
  tell(() => now ? call("happen", "POST", rule) : call("faults", "POST", { faults: [rule] }), now ? `It happened: ${rule.do}.` : `Set: ${rule.do}.`);
});

for (const [title, { kinds }] of Object.entries(GROUPS)) {
  const group = Object.assign(document.createElement("optgroup"), { label: title });
  for (const kind of Object.keys(kinds)) group.append(new Option(kind));
  byId("do").append(group);
}
byId("do").addEventListener("change", chooseFault);
byId("fields").addEventListener("input", chooseTime);
chooseFault();

// Clock -------------------------------------------------------------------------------------------

const pace = (speed) => tell(() => call("clock", "POST", { speed }), speed ? `The clock goes ${speed}×.` : "The clock stands still.");
const step = (advance_by) => tell(() => call("clock", "POST", { advance_by }), (found) => `It is ${found.time}.`);

function morning() {
  const [date] = state.time.split(" "), next = new Date(date + "T00:00:00Z");
  next.setUTCDate(next.getUTCDate() + 1);
  say("The clock is set forth…");
  tell(() => call("clock", "POST", { advance_to: next.toISOString().slice(0, 10) + " 09:15:00" }), (found) => `It is ${found.time}.`);
}

byId("pause").addEventListener("click", () => state && pace(state.speed ? 0 : running));
byId("morning").addEventListener("click", () => state && morning());
for (const one of document.querySelectorAll("[data-speed]")) one.addEventListener("click", () => pace(Number(one.dataset.speed)));
for (const one of document.querySelectorAll("[data-step]")) one.addEventListener("click", () => step(Number(one.dataset.step)));
byId("pace-form").addEventListener("submit", (event) => { event.preventDefault(); pace(asked(event.target).speed); });
byId("step-form").addEventListener("submit", (event) => { event.preventDefault(); step(asked(event.target).advance_by); });
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey || event.target.closest("input, select, dialog")) return;
  const pressed = { p: "#pause", s: "[data-step='1']", m: "[data-step='60']" }[event.key];
  if (pressed) document.querySelector(pressed).click();
});

// Everything else ---------------------------------------------------------------------------------

const TOLD = { login: (found) => `request_token: ${found.request_token}`, drop: "Done.", expire: "The access token is dead.",
               restart: "The server is about to restart.", square_off: "The broker has squared off.", faults: "No fault is set any more." };

for (const form of document.querySelectorAll("form[data-call]:not(#foreign)")) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const { call: named, method } = form.dataset;
    tell(() => call(named, method, asked(form)), TOLD[named]);
  });
}
byId("shown").addEventListener("change", show);

(async () => { for (;;) { if (!document.hidden) await show(); await new Promise((done) => setTimeout(done, 1000)); } })();
