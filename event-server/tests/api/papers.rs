//! What reads papers: programs of others, which take PDF and pictures apart.

use std::path::{Path, PathBuf};
use std::process::Command;

/// Debian's packages of them, and of a font.
const PACKAGES: &str = "poppler-utils zbar-tools fonts-ipaexfont-gothic";
const PROGRAMS: [&str; 3] = ["/usr/bin/pdftoppm", "/usr/bin/pdftotext", "/usr/bin/zbarimg"];
const FONTS: [&str; 3] = [
    "ipaexfont-gothic",
    "ipafont-gothic",
    "noto/NotoSansCJK-Regular.ttc",
];

/// A PDF in a folder of its own, which goes with it.
pub(crate) struct Paper {
    folder: PathBuf,
}

/// Whether this machine can print papers and read them; says how it could, and insists on it where the variable `CI` is set.
pub(crate) fn can_be_read() -> bool {
    let font = FONTS.map(|font| Path::new("/usr/share/fonts/opentype").join(font));
    let programs = PROGRAMS.iter().all(|program| Path::new(program).exists());
    if programs && font.iter().any(|font| font.exists()) {
        return true;
    }
    let text = format!("SKIPPED: papers cannot be read; to install: apt-get install {PACKAGES}");
    assert!(std::env::var_os("CI").is_none(), "{text}");
    eprintln!("{text}");
    false
}

/// What a program says.
pub(crate) fn said(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output().unwrap();
    assert!(output.status.success(), "{program} {arguments:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

impl Paper {
    pub(crate) fn keep(pdf: &[u8]) -> Self {
        let folder = std::env::temp_dir().join(foundation::ids::id("denro-paper"));
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("paper.pdf"), pdf).unwrap();
        Self { folder }
    }

    fn path(&self) -> String {
        self.folder.join("paper.pdf").to_str().unwrap().to_owned()
    }

    pub(crate) fn text(&self) -> String {
        said("pdftotext", &["-layout", &self.path(), "-"])
    }

    /// What is embedded: a line for each font.
    pub(crate) fn fonts(&self) -> Vec<String> {
        let table = said("pdffonts", &[&self.path()]);
        table.lines().skip(2).map(str::to_owned).collect()
    }

    /// The pages as pictures.
    pub(crate) fn pages(&self, dots_per_inch: u32) -> Vec<Picture> {
        let stem = self.folder.join("page");
        let resolution = dots_per_inch.to_string();
        said(
            "pdftoppm",
            &["-r", &resolution, "-gray", &self.path(), stem.to_str().unwrap()],
        );
        let files = std::fs::read_dir(&self.folder).unwrap();
        let mut pages: Vec<PathBuf> = files.map(|file| file.unwrap().path()).collect();
        pages.retain(|path| path.extension().is_some_and(|kind| kind == "pgm"));
        pages.sort();
        pages
            .iter()
            .map(|page| Picture::of_pgm(&std::fs::read(page).unwrap()))
            .collect()
    }
}

/// Grey dots, row by row; 0 is black.
pub(crate) struct Picture {
    pub(crate) width: usize,
    pub(crate) height: usize,
    pub(crate) dots: Vec<u8>,
}

impl Picture {
    /// `P5`, width, height and 255, and then the dots.
    fn of_pgm(bytes: &[u8]) -> Self {
        let mut parts = bytes.splitn(4, |byte| byte.is_ascii_whitespace());
        let mut number = || std::str::from_utf8(parts.next().unwrap()).unwrap().to_owned();
        assert_eq!(number(), "P5");
        let (width, height) = (number().parse().unwrap(), number().parse().unwrap());
        let dots = parts.next().unwrap().strip_prefix(b"255\n").unwrap().to_vec();
        assert_eq!(dots.len(), width * height);
        Self { width, height, dots }
    }

    fn pgm(&self) -> Vec<u8> {
        let head = format!("P5\n{} {}\n255\n", self.width, self.height);
        [head.as_bytes(), &self.dots].concat()
    }

    /// A part, by its corner and size in dots; what is beyond the edges is left out.
    pub(crate) fn part(&self, (left, top): (usize, usize), (width, height): (usize, usize)) -> Self {
        let right = (left + width).min(self.width);
        let rows = self.dots.chunks(self.width).skip(top).take(height);
        let rows: Vec<&[u8]> = rows.map(|row| &row[left.min(right)..right]).collect();
        Self {
            width: right.saturating_sub(left),
            height: rows.len(),
            dots: rows.concat(),
        }
    }

    /// What zbar reads.
    pub(crate) fn read_by_zbar(&self) -> Vec<String> {
        let file = std::env::temp_dir().join(foundation::ids::id("denro-part") + ".pgm");
        std::fs::write(&file, self.pgm()).unwrap();
        let arguments = ["--nodbus", "--quiet", "--raw", file.to_str().unwrap()];
        let output = Command::new("zbarimg").args(arguments).output().unwrap();
        std::fs::remove_file(&file).unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        text.lines().map(str::to_owned).collect()
    }
}

impl Drop for Paper {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}
