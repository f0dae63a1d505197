//! A chart of stacked bars, drawn as SVG: the bars alone, so that they stretch to any width. Its words are HTML beside it.

use super::users::grouped;
use crate::domain::activity::ByMeans;

/// Height of the drawing, in its own units.
const HEIGHT: f64 = 100.0;

/// Width of a bar with the gap after it.
const STEP: usize = 10;

/// How people sign in, in the order of [`ByMeans`]; also the classes that colour the bars.
const MEANS: [&str; 3] = ["passkey", "link", "code"];

/// A chart, ready for the template.
pub struct Chart {
    /// What it shows.
    pub title: &'static str,
    /// The same with its numbers, for those who do not see it.
    pub label: String,
    /// Width of the drawing, in its own units.
    pub width: usize,
    /// Its bars.
    pub columns: Vec<Column>,
    /// The highest number of the scale.
    pub top: String,
    /// The number half as high.
    pub middle: String,
    /// Names below the first, the middle and the last bar.
    pub names: [String; 3],
    /// Whether there is nothing to show.
    pub is_empty: bool,
}

/// A bar.
pub struct Column {
    /// What it stands for, and its numbers.
    pub title: String,
    /// Where a click leads.
    pub link: String,
    /// Where it begins.
    pub x: usize,
    /// Its parts, the lowest first.
    pub parts: Vec<Part>,
}

/// A part of a bar.
pub struct Part {
    /// Which means.
    pub class: &'static str,
    /// Its upper edge.
    pub y: String,
    /// Its height.
    pub height: String,
}

impl Chart {
    /// Draws columns: their names, links and numbers.
    pub fn draw(title: &'static str, columns: &[(String, String, ByMeans)]) -> Self {
        let sum = |numbers: &ByMeans| numbers.iter().sum::<i64>();
        let highest = columns.iter().map(|(_, _, numbers)| sum(numbers)).max();
        let highest = highest.unwrap_or(0);
        let top = nice(highest);
        let noun = title.to_lowercase();
        let name = |index: usize| {
            columns
                .get(index)
                .map_or("", |(name, _, _)| name)
                .to_owned()
        };
        let total: i64 = columns.iter().map(|(_, _, numbers)| sum(numbers)).sum();
        let last = columns.len().saturating_sub(1);
        Chart {
            label: format!(
                "{title} from {} to {}: {} in all, at most {} in one bar. The table below has the numbers.",
                name(0),
                name(last),
                grouped(total),
                grouped(highest)
            ),
            width: columns.len() * STEP,
            columns: columns
                .iter()
                .enumerate()
                .map(|(index, (name, link, numbers))| Column {
                    title: told(name, &noun, numbers),
                    link: link.clone(),
                    x: index * STEP,
                    parts: parts(numbers, top),
                })
                .collect(),
            top: grouped(top),
            middle: grouped(top / 2),
            names: [name(0), name(last / 2), name(last)],
            is_empty: highest == 0,
            title,
        }
    }
}

/// `3 Nov: 12 sign-ins (8 by passkey, 4 by link)`.
fn told(name: &str, noun: &str, numbers: &ByMeans) -> String {
    let total: i64 = numbers.iter().sum();
    let noun = match total {
        1 => noun.trim_end_matches('s'),
        _ => noun,
    };
    let by: Vec<String> = MEANS
        .iter()
        .zip(numbers)
        .filter(|(_, number)| **number > 0)
        .map(|(means, number)| format!("{} by {means}", grouped(*number)))
        .collect();
    let by = if by.is_empty() {
        String::new()
    } else {
        format!(" ({})", by.join(", "))
    };
    format!("{name}: {} {noun}{by}", grouped(total))
}

fn parts(numbers: &ByMeans, top: i64) -> Vec<Part> {
    let scale = HEIGHT / top as f64;
    let mut foot = HEIGHT;
    let mut parts = Vec::new();
    for (class, number) in MEANS.into_iter().zip(numbers) {
        if *number == 0 {
            continue;
        }
        let height = *number as f64 * scale;
        foot -= height;
        parts.push(Part {
            class,
            y: format!("{foot:.2}"),
            height: format!("{height:.2}"),
        });
    }
    parts
}

/// The least round number that is not below a number, and whose half is whole: 2, 4, 6, 8, 10, 12, 16, 20, 24, 30 …
fn nice(number: i64) -> i64 {
    const STEPS: [i64; 10] = [12, 16, 20, 24, 30, 40, 50, 60, 80, 100];
    if number <= 10 {
        return (number + number % 2).max(2);
    }
    let mut unit = 1_i64;
    loop {
        let round = STEPS.iter().map(|step| unit.saturating_mul(*step));
        if let Some(top) = round.into_iter().find(|top| *top >= number) {
            return top;
        }
        unit = unit.saturating_mul(10);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scale_ends_at_a_round_number() {
        let tops = [0, 1, 3, 5, 7, 11, 61, 999, 12_345].map(nice);
        assert_eq!(tops, [2, 2, 4, 6, 8, 12, 80, 1000, 16_000]);
        assert!(nice(i64::MAX) > 0);
    }

    #[test]
    fn bars_stand_on_the_ground_and_fit() {
        let columns = [
            ("1 Nov".to_owned(), "#".to_owned(), [1, 0, 1]),
            ("2 Nov".to_owned(), "#".to_owned(), [0, 0, 0]),
        ];
        let chart = Chart::draw("Sign-ins", &columns);
        let parts = &chart.columns[0].parts;
        let drawn: Vec<_> = parts
            .iter()
            .map(|part| (part.class, part.y.as_str(), part.height.as_str()))
            .collect();
        assert_eq!(
            drawn,
            [("passkey", "50.00", "50.00"), ("code", "0.00", "50.00")]
        );
        assert_eq!(
            chart.columns[0].title,
            "1 Nov: 2 sign-ins (1 by passkey, 1 by code)"
        );
        assert_eq!(chart.columns[1].title, "2 Nov: 0 sign-ins");
    }
}
