//! What managers read about months.

use api_spec::rest::StatementColumnName;

use crate::http::Language;

super::words! {
    /// Of a site's months.
    StatementWords {
        pages: "Pages of the building", "建物のページ";
        statements: "Statements", "月次精算";
        month: "Month", "月";
        state: "State", "状態";
        open: "open", "未確定";
        closed: "closed", "確定";
        closed_at: "Closed", "確定日時";
        as_of: "As of {at}. The month is still running: main circuit and outlets are both taken as far as they were read.", "{at} 現在。月の途中のため、主幹もコンセントも最新の指示値で計算しています。";
        sessions: "Charges", "充電回数";
        energy: "Energy", "電力量";
        total: "Total", "合計";
        earlier_months: "Earlier months", "さらに前の月";
        none_yet: "Nobody has charged in this month.", "この月の充電はありません。";
        by_unit: "By unit", "住戸ごとの請求";
        unit: "Unit", "住戸";
        no_unit: "(no unit)", "(住戸なし)";
        energy_part: "Energy (yen)", "電力量料金(円)";
        fixed_part: "For each charge (yen)", "基本料金(円)";
        minimum_part: "Up to the minimum (yen)", "最低料金との差額(円)";
        idle_part: "Staying when full (yen)", "満充電後の料金(円)";
        corrections_part: "Corrections (yen)", "訂正(円)";
        total_part: "Total (yen)", "合計(円)";
        rounding: "The energy of each charge is rounded down to whole yen, once; nothing else is rounded.", "電力量料金は充電1回ごとに1円未満を切り捨てています。ほかに端数処理はありません。";
        label_note: "kWh: by meters that are verified for billing. kWh equivalent: by others.", "kWh は特定計量に対応した計器、kWh相当 はその他の計器による値です。";
        kwh_equivalent: "kWh equivalent", "kWh相当";
        registers: "Registers", "指示値";
        corrections: "Corrections of earlier months", "前月以前の訂正";
        why: "Why", "内容";
        amount: "Amount", "金額";
        late_session: "A charge that came late or changed", "後から届いた、または変更された充電";
        no_corrections: "None.", "ありません。";
        meters: "Meters", "計器";
        outlet: "Outlet", "コンセント";
        opening: "At the beginning", "月初の指示値";
        closing: "At the end", "月末の指示値";
        by_now: "By now", "現在の指示値";
        nobodys: "Charged to nobody", "請求対象外";
        reconciliation: "Compared with the main circuit", "主幹との照合";
        main_circuit: "Main circuit", "主幹の電力量";
        no_main: "not measured", "計測なし";
        all_outlets: "All outlets", "全コンセントの電力量";
        difference: "Difference", "差(主幹 − コンセント)";
        attributed: "Of all outlets, for charges", "全コンセントのうち充電の電力量";
        difference_runs: "While the month runs, the main circuit is known by the minute and outlets by the charge: just after charges the difference may be off, and below zero. It counts when the month is over.", "月の途中では、主幹は1分ごと、コンセントは充電ごとの値のため、充電の直後は差がずれたりマイナスになったりします。差は月が終わってから確認してください。";
        difference_why: "The main circuit also carries losses in the cables and whatever else hangs on it, and meters err by up to 2 %: a difference of a few per cent above zero is normal, and more where little was charged. One that grows, or is below zero, is for the electrician.", "主幹には配線の損失やコンセント以外の負荷も含まれ、計器にも2%以内の誤差があるため、プラス数%の差は通常の範囲です(充電が少ない月は割合が大きくなります)。差が増え続ける場合やマイナスの場合は、電気工事業者に点検を依頼してください。";
        rebased: "Steps of exchanged meters (no energy)", "計器交換などによる指示値の段差(電力量に含まない)";
        earlier: "Flowed earlier, charged this month", "前月以前に流れ、今月請求する電力量";
        later: "Flowed this month, charged later (charges that run too)", "今月流れ、翌月以降に請求する電力量(充電中の分を含む)";
        notice: "Notice for this unit (PDF)", "この住戸へのお知らせ(PDF)";
        download: "Download", "ダウンロード";
        for_excel: "CSV for Excel (UTF-8)", "CSV(Excel 用・UTF-8)";
        for_others: "CSV (Shift_JIS)", "CSV(Shift_JIS)";
        csv_lines: "In the CSV file each line says in its first column what it is of: add up those of units alone. “Columns of the CSV” can leave the others out.", "CSVは1列目の「区分」で行の種類を示します。集計には「住戸」の行だけを使ってください。ほかの行は「CSVの列の設定」で省けます。";
        close: "Close this month", "この月を確定する";
        close_sure: "Close the month now", "確定する";
        close_why: "The figures are frozen and cannot be changed any more. What comes later is a correction of the next month.", "金額と電力量が固定され、あとから変更できません。この後に届いた充電や変更は、翌月の訂正になります。";
        closes_from: "This month can be closed from", "この月を確定できる日時:";
        closes_after: "Close the earlier months first.", "先に前の月を確定してください。";
        keep_open: "Not yet", "まだ確定しない";
        hash: "Check value (SHA-256)", "照合値(SHA-256)";
        correct: "Write a correction", "訂正を入力";
        correct_why: "It goes into this month. It can be taken back only by another correction.", "この月の請求に加わります。取り消すには、逆の訂正を入力してください。";
        add_sure: "Add {yen} to the bill of unit {unit} for {month}?", "住戸{unit}の{month}分の請求に {yen} を加えますか?";
        take_off_sure: "Take {yen} off the bill of unit {unit} for {month}?", "住戸{unit}の{month}分の請求から {yen} を減額しますか?";
        add_nobody_sure: "Add {yen} to the bill without a unit for {month}?", "住戸のない{month}分の請求に {yen} を加えますか?";
        take_off_nobody_sure: "Take {yen} off the bill without a unit for {month}?", "住戸のない{month}分の請求から {yen} を減額しますか?";
        choose: "(choose)", "(選択してください)";
        unit_open: "Choose a unit.", "住戸を選んでください。";
        correct_month: "For the month", "対象月";
        correct_yen: "Yen; with a minus to take off", "金額(円)。減額はマイナス";
        note: "Reason", "理由";
        go_on: "Go on", "次へ";
        add: "Add", "追加する";
        bad_month: "Choose a month from the list.", "対象月を一覧から選んでください。";
        bad_unit: "Nobody here has this unit: choose one from the list. A unit is known once an outlet or a resident has it.", "この建物にない住戸です。一覧から選んでください。コンセントか入居者に登録された住戸を選べます。";
        bad_amount: "Enter whole yen, not 0 and at most 10,000,000; with a minus to take off.", "0 以外で 1,000 万円までの整数を入力してください。減額はマイナスを付けます。";
        bad_note: "Enter a reason of at most 200 characters.", "理由を200文字以内で入力してください。";
        owed: "A total below zero is to be paid back to the unit: later months do not take it into account.", "合計がマイナスの住戸には、その金額を返金してください。翌月以降の請求には自動で充当されません。";
        not_now: "This month cannot be closed now.", "この月は現在確定できません。";
        charges: "Charges", "充電の明細";
        began: "Start", "開始";
        when: "End", "終了";
        driver: "Who", "利用者";
        corrects: "correction of", "訂正対象月";
        more: "More", "続きを表示";
        layout: "Columns of the CSV", "CSVの列の設定";
        layout_why: "For the program of your management company: its columns, in its order, under its headings. All CSV files of this building's months are written so.", "管理会社のソフトに合わせて、列・順序・見出しを設定します。この建物のすべての月のCSVに使われます。";
        layout_saved: "Saved. From now on all files are written so.", "保存しました。以後のCSVはこの形式で出力されます。";
        first_lines: "The first lines", "先頭の行";
        nothing_to_preview: "Nobody has charged yet, so there is no month to show the columns with.", "まだ充電がないため、列を試しに表示できる月がありません。";
        lacks: "Shift_JIS lacks some of these characters; they are written as question marks.", "Shift_JIS にない文字があり、「?」で出力されます。";
        columns: "Columns", "列";
        places_why: "Number the columns from the left. Those without a number are left out.", "左から順に番号を付けてください。番号のない列は出力されません。";
        column: "Column", "内容";
        place: "Place", "順番";
        heading: "Heading", "見出し";
        which_lines: "Lines", "出力する行";
        all_lines: "all: units, registers, corrections, meters, reconciliation", "すべて(住戸・指示値・訂正・計器・照合)";
        unit_lines: "one for each unit", "住戸ごとの1行のみ";
        charset: "Characters, where none are chosen", "文字コード(既定)";
        preview: "Show the first lines", "先頭の行を表示";
        save: "Save", "保存";
        bad_layout: "Give at least one column a number, and each of those a heading of at most 50 characters.", "1つ以上の列に番号を付け、その列に50文字以内の見出しを入力してください。";
        whole_month: "The whole month", "月次精算へ戻る";
    }
}

/// What a column of a statement tells; in Japanese it is the heading, if nobody chooses another.
pub(in crate::console) fn column(column: StatementColumnName, language: Language) -> &'static str {
    use StatementColumnName as Column;
    let (english, japanese) = match column {
        Column::Kind => ("What the line is of", "区分"),
        Column::Unit => ("Unit", "住戸"),
        Column::Outlet => ("Outlet", "コンセント"),
        Column::Month => ("Month", "対象月"),
        Column::Sessions => ("Number of charges", "充電回数"),
        Column::OpeningRegisterKwh => ("Register at the beginning (kWh)", "開始指示値(kWh)"),
        Column::ClosingRegisterKwh => ("Register at the end (kWh)", "終了指示値(kWh)"),
        Column::EnergyKwh => ("Energy (kWh)", "電力量(kWh)"),
        Column::EnergyUnit => ("Unit of the energy", "電力量の単位"),
        Column::EnergyYen => ("Energy charge (yen)", "電力量料金(円)"),
        Column::FixedYen => ("For each charge (yen)", "基本料金(円)"),
        Column::MinimumYen => ("Up to the minimum (yen)", "最低料金との差額(円)"),
        Column::IdleYen => ("Staying when full (yen)", "満充電後の料金(円)"),
        Column::CorrectionsYen => ("Corrections (yen)", "訂正(円)"),
        Column::TotalYen => ("Total (yen)", "合計(円)"),
        Column::Note => ("Note", "備考"),
    };
    match language {
        Language::English => english,
        Language::Japanese => japanese,
    }
}
