//! What managers read about clearing a fault.

super::words! {
    /// Of an outlet that its controller has locked out.
    FaultWords {
        pages: "Pages of the building", "建物のページ";
        clear: "Clear the fault", "異常を解除";
        fault: "Breaker fault:", "ブレーカ異常:";
        find: "Have the cause found and removed by an electrician.", "電気工事士に原因を確認し、取り除いてもらいます。";
        set_back: "If the breaker has tripped, set it back by hand at the panel, unless it does so by itself.", "ブレーカがトリップした場合は、盤で手動で復帰させます(自動で復帰する機種を除く)。";
        then_clear: "Then clear the fault here. Nothing is switched on by that; residents can start again.", "そのあと、ここで異常を解除します。解除しても通電はされず、利用者が再び開始できるようになります。";
        looked: "The cause was found and removed.", "原因を確認し、取り除きました。";
        clear_now: "Clear the fault of", "異常を解除する:";
        cleared: "The fault is cleared. Residents can start again.", "異常を解除しました。利用者は再び開始できます。";
        keep: "Leave it out of order", "解除しない";
        not_looked: "Confirm first that the cause was removed. Nothing was cleared.", "先に、原因を取り除いたことを確認してください。まだ解除していません。";
        still_there: "The controller does not clear it: the fault is still there, or cannot be seen to be gone. Look at the breaker at the panel, and try again.", "制御装置が解除を受け付けませんでした。異常が続いているか、解消を確認できません。盤でブレーカを確認してから、もう一度お試しください。";
        no_answer: "The controller has not answered yet. Try again in a moment.", "制御装置からまだ応答がありません。しばらくしてからもう一度お試しください。";
        offline: "The panel cannot be reached, so nothing was cleared. Check its power and its network, and try again.", "盤と通信できないため解除できませんでした。電源とネットワークを確認して、もう一度お試しください。";
    }
}
