"""Words that do not say what a question is about, in the languages that most Markdown is written in.

They are left out of questions, never out of documents. So a word that is missing here costs little: a question then has
one more word that a section may lack.
"""

_BY_LANGUAGE = {
    "en": """
        a about after again all also am an and any are as at be because been before being but by can cannot
        could did do does doing don for from get give had has have having he hello help her here hi him his
        how i if in into is it its just know ll like me mean many more most much my need no not of off on one or other
        our out over own please re s say she should show so some such t tell than thank thanks that the their
        them then there these they thing this those to too up us use ve very want was way we were what when
        where which while who whom whose why will with would you your explain there's
    """,
    "de": """
        aber alle als also am an auch auf aus bei bin bis bitte da damit dann das dass dein dem den denn der
        des die dies diese dieser dieses doch dort du durch ein eine einem einen einer eines er es etwas fur
        gibt habe haben hallo hat hier ich ihr ihre im in ist ja kann kannst kein keine man mein meine mich
        mir mit nach nicht noch nur oder sein sich sie sind so soll uber um und uns unser von vor wann warum
        was welche welcher welches wenn wer werden wie wieso wir wird wo wozu zu zum zur erklare
    """,
    "fr": """
        a ai alors au aux avec ce cela ces cet cette comment d dans de des dois donc du elle en est et etre
        faire fait faut il ils j je l la le les leur lui ma mais me mes moi mon n ne nous on ou par pas peut
        peux plus pour pourquoi qu quand que quel quelle quelles quels qui quoi s sa se ses si son sont sur ta
        te tu un une vos votre vous y
    """,
    "es": """
        al algo como con cual cuales cuando de del desde donde el ella en entre es esa ese eso esta este esto
        estos fue ha hace hay hola la las le lo los me mi mis muy nos o para pero por porque puede puedo que
        quien se ser si sin sobre son su sus tambien te tiene tu un una uno unos y ya yo
    """,
    "it": """
        a ai al alla anche che chi ci come con cosa cui da dal dalla dei del della delle di dove e ed era fa
        gli ha ho i il in io la le lei lo loro ma mi mio nel nella noi non o per perche piu posso puo quale
        quali quando quello questa questo se si sono su sul tra tu un una uno
    """,
    "pt": """
        a ao aos as com como da das de do dos e ela ele em entre essa esse esta este eu faz foi isso ja mais
        mas me meu na nao nas no nos o os ou para pela pelo pode por porque posso qual quais quando que quem
        se sem ser seu sua sao tem um uma voce
    """,
    "nl": """
        aan al als bij dan dat de deze die dit door dus een en er het hoe hun ik in is ja je kan maar me met
        mij mijn moet na naar niet nog of om ook op over te tot u uit van voor waar waarom wanneer wat we
        welke werd wie wordt worden ze zich zijn zo
    """,
    "pl": """
        a ale co czy dla do gdzie i jak jaka jaki jakie jest jestem kiedy kto ktory ma na nie o od po sa sie
        to w z za ze
    """,
    "ru": """
        а без бы был быть в во вот все вы где для до его ее если есть же за и из или их к как какая какие
        какой ко когда кто ли мне можно мы на надо не нет но о об он она они от по почему при с со так там то
        только ты у что чтобы это я
    """,
    "tr": """
        acaba ama bana ben bir bu da de gibi hangi icin ile kac kim mi mu nasil ne neden nedir nerede o ve
        veya ya
    """,
}

FUNCTION_WORDS = frozenset(word for words in _BY_LANGUAGE.values() for word in words.split())
"""Without accents, as `words.terms` folds them."""
