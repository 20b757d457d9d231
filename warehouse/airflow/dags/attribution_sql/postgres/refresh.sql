call adsuite_mirror.refresh('{{ view }}')
