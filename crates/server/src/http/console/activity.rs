//! What happens in an app: sign-ins and sign-ups by day as charts, and its events.

use askama::Template;
use axum::extract::{Query, State};
use jiff::ToSpan as _;
use jiff::civil::Date;
use serde::Deserialize;

use super::chart::Chart;
use super::event_lines::EventLine;
use super::guard::AppVisit;
use super::page::{Answer, Frame, encoded, show};
use super::users::grouped;
use crate::app::App;
use crate::domain::activity::{self, Bar, Range};
use crate::domain::paging::{Cursor, unreadable};
use crate::error::Result;

#[derive(Template)]
#[template(path = "console/activity.html")]
struct ActivityPage {
    frame: Frame,
    base: String,
    ranges: [(&'static str, &'static str); 4],
    range: &'static str,
    range_text: &'static str,
    /// Names and numbers of the tiles.
    totals: [(&'static str, String, &'static str); 4],
    charts: [Chart; 2],
    rows: Vec<Row>,
    events: Vec<EventLine>,
    /// The day or week that the events are narrowed to.
    on: Option<String>,
    next: Option<String>,
    first: Option<String>,
}

/// A line of the table of numbers.
struct Row {
    name: String,
    link: String,
    numbers: [i64; 6],
}

/// What is asked for.
#[derive(Default, Deserialize)]
pub struct Asked {
    #[serde(default)]
    days: String,
    #[serde(default)]
    on: String,
    #[serde(default)]
    before: String,
}

/// The page.
pub async fn activity(
    State(app): State<App>,
    visit: AppVisit,
    Query(asked): Query<Asked>,
) -> Answer {
    let wanted = Range::ALL
        .into_iter()
        .find(|range| range.as_str() == asked.days);
    let range = wanted.unwrap_or(Range::Month);
    let on = match asked.on.as_str() {
        "" => None,
        text => Some(parse_day(text)?),
    };
    let cursor = Cursor::parse(&asked.before)?;
    let found = activity::find(&app, &visit.record.id, range, on, cursor).await?;
    let base = format!("/console/apps/{}/activity", visit.record.id);
    let here = format!("{base}?days={}", range.as_str());
    let of_bar = |day: i64| format!("{here}&on={}#events", date(day));
    let bars = &found.summary.bars;
    let columns = |numbers: fn(&Bar) -> activity::ByMeans| {
        let column = |bar: &Bar| (name_of(bar.day, range), of_bar(bar.day), numbers(bar));
        bars.iter().map(column).collect::<Vec<_>>()
    };
    let listed = match on {
        Some(day) => format!("{here}&on={}", date(day)),
        None => here.clone(),
    };
    let summary = &found.summary;
    let next = found.events.next.as_deref();
    Ok(show(&ActivityPage {
        frame: Frame::about(&app, &visit, "activity"),
        ranges: [
            ("7", "7 days"),
            ("30", "30 days"),
            ("90", "90 days"),
            ("365", "1 year"),
        ],
        range: range.as_str(),
        range_text: match range {
            Range::Week => "the last 7 days",
            Range::Month => "the last 30 days",
            Range::Quarter => "the last 90 days",
            Range::Year => "the last 52 weeks",
        },
        totals: [
            ("Sign-ins", grouped(summary.sign_ins), "first ones included"),
            ("Sign-ups", grouped(summary.sign_ups), "first sign-ins"),
            ("Refusals", grouped(summary.refusals), "wrong or too late"),
            ("Refreshes", grouped(summary.refreshes), "of tokens"),
        ],
        charts: [
            Chart::draw("Sign-ins", &columns(|bar| bar.sign_ins)),
            Chart::draw("Sign-ups", &columns(|bar| bar.sign_ups)),
        ],
        rows: bars
            .iter()
            .rev()
            .map(|bar| row(bar, range, of_bar(bar.day)))
            .collect(),
        on: on.map(|day| name_of(day, range)),
        events: found.events.rows.iter().map(EventLine::of).collect(),
        next: next.map(|next| format!("{listed}&before={}#events", encoded(next))),
        first: (!asked.before.is_empty()).then(|| format!("{listed}#events")),
        base,
    }))
}

fn row(bar: &Bar, range: Range, link: String) -> Row {
    let ([a, b, c], [d, e, f]) = (bar.sign_ins, bar.sign_ups);
    Row {
        name: name_of(bar.day, range),
        link,
        numbers: [a, b, c, d, e, f],
    }
}

/// 1970-01-01, from which days are counted.
const EPOCH: Date = Date::constant(1970, 1, 1);

/// A day as in addresses: `2026-11-03`.
fn date(day: i64) -> Date {
    EPOCH.saturating_add(day.days())
}

fn parse_day(text: &str) -> Result<i64> {
    let date: Date = text.parse().map_err(|_| unreadable())?;
    let days = date.since(EPOCH).map_err(|_| unreadable())?;
    Ok(i64::from(days.get_days()))
}

/// A bar's day for people: `3 Nov`, or a week's first and last.
fn name_of(day: i64, range: Range) -> String {
    let short = |day: i64| date(day).strftime("%-d %b").to_string();
    match range.step() {
        1 => short(day),
        step => format!("{} – {}", short(day), short(day + step - 1)),
    }
}
