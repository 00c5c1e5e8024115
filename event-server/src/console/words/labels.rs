//! What managers read about labels.

super::words! {
    /// Of labels that are bound on site, and of checking them.
    LabelWords {
        unbound: "This label belongs to no outlet yet", "このラベルはまだコンセントに結び付けられていません";
        code: "Code", "番号";
        which: "Beside which outlet is it stuck?", "どのコンセントに貼りましたか?";
        none_here: "There is no outlet yet that it could be bound to. Commission the panel first.", "結び付けられるコンセントがまだありません。先に盤の試運転を済ませてください。";
        unit: "Unit", "住戸";
        bind: "Bind the label", "ラベルを結び付ける";
        bind_to: "Bind to", "結び付け先:";
        bind_now: "Bind to", "結び付ける:";
        old_code: "Its code until now", "いまの番号";
        old_ends: "The label with the old code leads nowhere from then on. Take it off.", "古い番号のラベルは無効になります。はがしてください。";
        new_code: "Its new code", "新しい番号";
        other: "No, another outlet", "ほかのコンセントを選ぶ";
        check: "Label check", "ラベルの点検";
        check_why: "Compare the name on the wall with the name above.", "壁の表示と、上の名前を見比べてください。";
        right: "It is stuck at", "正しい位置にあります:";
        wrong: "It is not stuck at", "位置が違います:";
        was_right: "right", "正しい";
        was_wrong: "wrong", "誤り";
        checked: "Last checked", "最終点検";
        unchecked: "Not checked yet", "未点検";
        replace: "Take this label off, print the one of this outlet and stick it on.", "このラベルをはがし、このコンセントのラベルを印刷して貼り直してください。";
        print: "Print the label (PDF)", "ラベルを印刷(PDF)";
        round: "To check all labels, scan one after the other with your phone while you are signed in.", "点検するには、ログインした状態で、ラベルを1枚ずつスマートフォンで読み取ってください。";
        to_outlets: "All outlets and labels", "コンセントとラベルへ";
        batches: "Labels printed beforehand", "先に印刷するラベル";
        batches_why: "Have labels printed before you know for which outlets. On site stick one on, scan it while you are signed in, and choose the outlet.", "貼る場所を決める前にまとめて印刷できます。現地で貼り、ログインした状態で読み取って、コンセントを選びます。";
        count: "How many labels (1 to 500)", "枚数(1〜500)";
        make: "Make codes", "番号を作成";
        made: "Made", "作成日時";
        bound: "Bound", "結び付け済み";
        files: "For the print shop", "印刷用";
        csv: "CSV (UTF-8)", "CSV(UTF-8)";
        csv_sjis: "CSV (Shift_JIS)", "CSV(Shift_JIS)";
        pdf: "Sheets (PDF, A4)", "シート(PDF・A4)";
        bad_count: "Enter a whole number from 1 to 500.", "1〜500の整数を入力してください。";
    }
}
