//! How much happens in an app: its daily counters, put together for a chart.

use crate::app::App;
use crate::domain::events::{Counter, DayCount, Listed};
use crate::domain::paging::{Cursor, Page};
use crate::error::Result;
use crate::ids::AppId;
use crate::time::Timestamp;

/// Milliseconds of a day.
const DAY: i64 = 86_400_000;

/// How far back one looks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Range {
    /// 7 days.
    Week,
    /// 30 days.
    Month,
    /// 90 days.
    Quarter,
    /// 52 weeks.
    Year,
}

impl Range {
    /// All of them.
    pub const ALL: [Range; 4] = [Range::Week, Range::Month, Range::Quarter, Range::Year];

    /// As it stands in an address.
    pub fn as_str(self) -> &'static str {
        match self {
            Range::Week => "7",
            Range::Month => "30",
            Range::Quarter => "90",
            Range::Year => "365",
        }
    }

    /// Days of one bar.
    pub fn step(self) -> i64 {
        match self {
            Range::Week | Range::Month | Range::Quarter => 1,
            Range::Year => 7,
        }
    }

    /// How many bars there are.
    fn bars(self) -> i64 {
        match self {
            Range::Week => 7,
            Range::Month => 30,
            Range::Quarter => 90,
            Range::Year => 52,
        }
    }

    /// The first of its days, as days since 1970.
    pub fn first_day(self, today: i64) -> i64 {
        today + 1 - self.bars() * self.step()
    }
}

/// Sign-ins by passkey, link and code.
pub type ByMeans = [i64; 3];

/// What happened in the time of one bar.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct Bar {
    /// Its first day, as days since 1970 in UTC.
    pub day: i64,
    /// Sign-ins, first ones included.
    pub sign_ins: ByMeans,
    /// First sign-ins.
    pub sign_ups: ByMeans,
}

/// What happened in a range.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct Summary {
    /// Its bars, the oldest first.
    pub bars: Vec<Bar>,
    /// Sign-ins, first ones included.
    pub sign_ins: i64,
    /// First sign-ins.
    pub sign_ups: i64,
    /// Sign-ins and links that were refused.
    pub refusals: i64,
    /// Tokens that were refreshed.
    pub refreshes: i64,
}

impl Summary {
    /// Puts counters together.
    pub fn of(counts: &[DayCount], range: Range, today: i64) -> Self {
        let first = range.first_day(today);
        let mut summary = Summary {
            bars: (0..range.bars())
                .map(|index| Bar {
                    day: first + index * range.step(),
                    ..Bar::default()
                })
                .collect(),
            ..Summary::default()
        };
        for &DayCount {
            day,
            counter,
            count,
        } in counts
        {
            let index = usize::try_from((day - first).div_euclid(range.step())).ok();
            let Some(bar) = index.and_then(|index| summary.bars.get_mut(index)) else {
                continue;
            };
            let (means, is_first) = match counter {
                Counter::SignInPasskey => (0, false),
                Counter::SignUpPasskey => (0, true),
                Counter::SignInLink => (1, false),
                Counter::SignUpLink => (1, true),
                Counter::SignInCode => (2, false),
                Counter::SignUpCode => (2, true),
                Counter::Refused | Counter::RefusedUnknown => {
                    summary.refusals += count;
                    continue;
                }
                Counter::Refresh => {
                    summary.refreshes += count;
                    continue;
                }
                Counter::LinkAsked | Counter::SignUpBegun | Counter::Lookup => continue,
            };
            bar.sign_ins[means] += count;
            summary.sign_ins += count;
            if is_first {
                bar.sign_ups[means] += count;
                summary.sign_ups += count;
            }
        }
        summary
    }
}

/// An app's activity.
#[derive(Debug)]
pub struct Activity {
    /// The numbers.
    pub summary: Summary,
    /// Events, the newest first.
    pub events: Page<Listed>,
}

/// An app's activity in a range. `on` narrows the events to those of the bar that begins on that day.
pub async fn find(
    app: &App,
    app_id: &AppId,
    range: Range,
    on: Option<i64>,
    after: Cursor,
) -> Result<Activity> {
    let (app_id, today) = (app_id.clone(), app.clock.now().day());
    let first = range.first_day(today);
    let start_of = |day: i64| Timestamp::from_millis(day.saturating_mul(DAY));
    let since = start_of(on.unwrap_or(first));
    let after = match on {
        Some(day) if after.id.is_empty() => Cursor::before(start_of(day + range.step())),
        _ => after,
    };
    app.store
        .read(move |tx| {
            let counts = tx.list_counts(&app_id, first, today)?;
            let events = tx.list_events(&app_id, since, &after, Page::<Listed>::READ)?;
            Ok(Activity {
                summary: Summary::of(&counts, range, today),
                events: Page::of(events, Listed::cursor),
            })
        })
        .await
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(day: i64, counter: Counter, count: i64) -> DayCount {
        DayCount {
            day,
            counter,
            count,
        }
    }

    #[test]
    fn counters_become_bars_and_totals() {
        let today = 20_000;
        let counts = [
            count(today - 6, Counter::SignInPasskey, 3),
            count(today, Counter::SignInLink, 2),
            count(today, Counter::SignUpCode, 1),
            count(today, Counter::Refused, 4),
            count(today, Counter::RefusedUnknown, 5),
            count(today, Counter::Refresh, 6),
            count(today, Counter::Lookup, 100),
        ];
        let summary = Summary::of(&counts, Range::Week, today);
        assert_eq!(summary.bars.len(), 7);
        assert_eq!(summary.bars[0].sign_ins, [3, 0, 0]);
        assert_eq!(summary.bars[6].sign_ins, [0, 2, 1]);
        assert_eq!(summary.bars[6].sign_ups, [0, 0, 1]);
        assert_eq!(
            (
                summary.sign_ins,
                summary.sign_ups,
                summary.refusals,
                summary.refreshes
            ),
            (6, 1, 9, 6)
        );
    }

    #[test]
    fn a_year_is_52_weeks_and_ends_today() {
        let today = 20_000;
        let first = Range::Year.first_day(today);
        let counts = [
            count(first - 1, Counter::SignInPasskey, 1),
            count(first, Counter::SignInPasskey, 2),
            count(first + 6, Counter::SignInPasskey, 4),
            count(first + 7, Counter::SignInPasskey, 8),
            count(today, Counter::SignInPasskey, 16),
        ];
        let bars = Summary::of(&counts, Range::Year, today).bars;
        assert_eq!(bars.len(), 52);
        assert_eq!(bars[51].day, today - 6);
        let heights: Vec<_> = [0, 1, 51].map(|index| bars[index].sign_ins[0]).into();
        assert_eq!(heights, [6, 8, 16]);
    }
}
