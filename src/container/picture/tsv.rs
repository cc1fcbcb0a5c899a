//! Tables that tesseract writes: one row for each block, line and word, with its box.

use super::pixels::Rendering;
use crate::container::reading::{PictureArea, PictureReading, ReadLine, ReadWord};

/// Number of columns of a row.
const COLUMNS: usize = 12;

/// Level of the rows that are words.
const WORD: &str = "5";

/// Returns the lines of a table. Rows that are not as tesseract writes them are passed over.
pub(super) fn parse_lines(table: &[u8], rendering: &Rendering) -> PictureReading {
    let mut lines: Vec<ReadLine> = Vec::new();
    let mut last = None;
    for row in String::from_utf8_lossy(table).lines() {
        let Some((line, word)) = parse_word(row, rendering) else {
            continue;
        };
        if last != Some(line) {
            lines.push(ReadLine::default());
            last = Some(line);
        }
        if let Some(line) = lines.last_mut() {
            line.words.push(word);
        }
    }
    PictureReading { lines }
}

/// Page, block, paragraph and line of a word.
type LineNumbers = [u32; 4];

/// Returns the word of a row, with the numbers of its line.
fn parse_word(row: &str, rendering: &Rendering) -> Option<(LineNumbers, ReadWord)> {
    let columns: Vec<&str> = row.splitn(COLUMNS, '\t').collect();
    let [
        level,
        page,
        block,
        paragraph,
        line,
        _,
        left,
        top,
        width,
        height,
        _,
        text,
    ] = columns.try_into().ok()?;
    let text = text.trim();
    if level != WORD || text.is_empty() {
        return None;
    }
    let number = |text: &str| text.parse::<u32>().ok();
    let line = [
        number(page)?,
        number(block)?,
        number(paragraph)?,
        number(line)?,
    ];
    let (left, top) = (number(left)?, number(top)?);
    let unscaled = |at: u32| at / rendering.scale;
    let area = PictureArea {
        left: unscaled(left),
        top: unscaled(top),
        right: unscaled(left.saturating_add(number(width)?)),
        bottom: unscaled(top.saturating_add(number(height)?)),
    };
    let text = text.to_owned();
    Some((line, ReadWord { text, area }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::container::picture::pixels::TextLayout;

    const TABLE: &str = "level\tpage_num\tblock_num\tpar_num\tline_num\tword_num\tleft\ttop\twidth\theight\tconf\ttext\n\
        1\t1\t0\t0\t0\t0\t0\t0\t800\t600\t-1\t\n\
        4\t1\t1\t1\t1\t0\t20\t40\t300\t20\t-1\t\n\
        5\t1\t1\t1\t1\t1\t20\t40\t100\t20\t96.1\tThe\n\
        5\t1\t1\t1\t1\t2\t140\t40\t180\t20\t91.5\ttoken\n\
        5\t1\t1\t1\t2\t1\t20\t80\t100\t20\t96.1\tis\n\
        5\t1\t1\t1\t2\t2\t140\t80\t180\t20\t95\t \n\
        5\t1\t2\t1\t2\t1\t20\t160\t100\t20\t95\tgone\n";

    fn rendering(scale: u32) -> Rendering {
        Rendering {
            scale,
            is_inverted: false,
            layout: TextLayout::Blocks,
            is_for_words: false,
        }
    }

    fn texts(reading: &PictureReading) -> Vec<String> {
        let text = |line: &ReadLine| {
            let words: Vec<&str> = line.words.iter().map(|w| w.text.as_str()).collect();
            words.join(" ")
        };
        reading.lines.iter().map(text).collect()
    }

    #[test]
    fn words_are_put_into_their_lines_with_their_boxes_in_the_picture() {
        let reading = parse_lines(TABLE.as_bytes(), &rendering(2));
        assert_eq!(texts(&reading), ["The token", "is", "gone"]);
        let area = reading.lines[0].words[1].area;
        assert_eq!(
            [area.left, area.top, area.right, area.bottom],
            [70, 20, 160, 30]
        );
        let line = reading.lines[0].area().unwrap();
        assert_eq!(
            [line.left, line.top, line.right, line.bottom],
            [10, 20, 160, 30]
        );
    }

    #[test]
    fn rows_of_another_form_are_passed_over() {
        for row in [
            "",
            "5\t1\t1",
            "5\t1\t1\t1\t1\t1\t-20\t40\t100\t20\t96\tx",
            "5\tone\t1\t1\t1\t1\t20\t40\t100\t20\t96\tx",
            "\u{0}\u{fffd}",
        ] {
            assert!(
                parse_lines(row.as_bytes(), &rendering(1)).lines.is_empty(),
                "{row:?}"
            );
        }
        let cut = &TABLE.as_bytes()[..TABLE.len() - 6];
        assert_eq!(texts(&parse_lines(cut, &rendering(1))).len(), 2);
        let wide = "5\t1\t1\t1\t1\t1\t4294967295\t4294967295\t4294967295\t1\t96\tx\ty";
        assert_eq!(
            texts(&parse_lines(wide.as_bytes(), &rendering(1))),
            ["x\ty"]
        );
    }
}
